extension HTMLReport {
  /// The frame that the script fills.
  static let body = #"""
    <header>
    <div><h1>wheelscrub <span id="command"></span></h1><p id="headline"></p></div>
    <button id="theme" type="button" title="Switch between light and dark">Light / dark</button>
    </header>
    <main hidden>
    <section id="problems" hidden></section>
    <section id="cards" aria-label="Summary"></section>
    <section id="overview">
    <div class="panel"><h2>Where it leaks</h2><p class="hint" id="map-hint"></p><div id="map"></div></div>
    <div class="panel"><h2>Which rules</h2><table id="rules"><thead><tr><th>Rule</th><th>Who or what</th>
    <th class="number">Findings</th><th class="number">Fixable</th></tr></thead><tbody></tbody></table></div>
    </section>
    <section id="filters" aria-label="Filters">
    <input id="text" type="search" placeholder="Search paths, members, strings" aria-label="Search">
    <select id="family" aria-label="Family"></select>
    <select id="severity" aria-label="Severity"><option value="">any severity</option>
    <option value="error">errors</option><option value="warning">warnings</option><option value="note">notes</option></select>
    <select id="fixable" aria-label="Fixable"><option value="">fixable or not</option>
    <option value="yes">fixable</option><option value="no">not fixable</option></select>
    <span id="chips"></span><button id="reset" type="button" hidden>Clear</button>
    <output id="shown"></output>
    </section>
    <section id="list" aria-label="Findings"></section>
    <button id="more" type="button" hidden></button>
    <section id="notes" hidden></section>
    </main>
    """#
}
