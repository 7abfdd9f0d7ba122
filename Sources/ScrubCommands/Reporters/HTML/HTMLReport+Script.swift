extension HTMLReport {
  /// Builds the page from its data. Texts become text nodes, never markup. What is chosen stands behind the `#` of the
  /// address, so a filtered view can be passed on as a link.
  static let script = #"""
    "use strict";
    const data = JSON.parse(document.getElementById("data").textContent);
    const at = id => document.getElementById(id);
    const string = index => index < 0 ? "" : data.strings[index];
    const number = value => value.toLocaleString("en");
    const plural = (count, noun) => number(count) + " " + noun + (count === 1 ? "" : "s");
    const STEP = 100, TILES = 60;
    const KEYS = ["text", "family", "severity", "fixable", "rule", "place", "theme"];

    function make(name, className, ...content) {
      const element = document.createElement(name);
      if (className) element.className = className;
      element.append(...content);
      return element;
    }

    const findings = data.findings.map(row => {
      const rule = data.rules[row[3]];
      const member = string(row[1]), path = string(row[0]);
      return {
        path, member, place: member ? path + "!" + member : path, position: string(row[2]), rule,
        before: string(row[4]), root: string(row[5]), after: string(row[6]), context: string(row[7]),
        fixable: row[8] === 1, fate: string(row[9]), cure: string(row[10])
      };
    });
    function haystack(finding) {
      if (finding.hay === undefined) {
        finding.hay = [finding.place, finding.position, finding.context, finding.rule.code, finding.rule.slug,
          finding.rule.origin, finding.before + finding.root + finding.after, finding.fate].join("\n").toLowerCase();
      }
      return finding.hay;
    }

    let state = {}, limit = STEP, shown = [];

    function read() {
      const values = new URLSearchParams(location.hash.slice(1));
      state = {};
      for (const key of KEYS) state[key] = values.get(key) || "";
    }
    function write(change) {
      Object.assign(state, change);
      const values = new URLSearchParams();
      for (const key of KEYS) if (state[key]) values.set(key, state[key]);
      const hash = values.toString();
      history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
      limit = STEP;
      draw();
    }

    function select() {
      const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
      return findings.filter(finding =>
        (!state.family || finding.rule.family === state.family) &&
        (!state.severity || finding.rule.severity === state.severity) &&
        (!state.fixable || finding.fixable === (state.fixable === "yes")) &&
        (!state.rule || finding.rule.code === state.rule) &&
        (!state.place || finding.place === state.place || finding.place.startsWith(state.place + "/") ||
          finding.place.startsWith(state.place + "!")) &&
        words.every(word => haystack(finding).includes(word)));
    }

    function card(value, label, kind) {
      return make("div", "card " + kind, make("b", "", number(value)), label);
    }
    function drawCards() {
      const fixable = findings.filter(finding => finding.fixable).length;
      const errors = findings.filter(finding => finding.rule.severity === "error").length;
      const files = new Set(findings.map(finding => finding.path)).size;
      const members = new Set(findings.map(finding => finding.place)).size;
      at("cards").replaceChildren(
        card(findings.length, findings.length === 1 ? "finding" : "findings", findings.length ? "" : "good"),
        card(files, "of " + plural(data.files, "file"), ""),
        card(members, members === 1 ? "member or file" : "members and files", ""),
        card(errors, "of severity error", errors ? "error" : "good"),
        card(fixable, "fixable", "good"),
        card(findings.length - fixable, "not fixable", findings.length > fixable ? "warning" : "good"));
    }

    // Squarified treemap (Bruls, Huizing, van Wijk 2000): rows along the shorter side, each as square as it gets.
    function layout(items, x, y, width, height, place) {
      let total = items.reduce((sum, item) => sum + item.count, 0);
      let rest = items.slice();
      while (rest.length) {
        const side = Math.min(width, height), scale = width * height / total;
        let row = [], sum = 0, worst = Infinity;
        while (row.length < rest.length) {
          const next = sum + rest[row.length].count;
          const most = (row.length ? row[0] : rest[0]).count, least = rest[row.length].count;
          const ratio = Math.max(side * side * most / (next * next * scale), next * next * scale / (side * side * least));
          if (ratio > worst) break;
          row.push(rest[row.length]); sum = next; worst = ratio;
        }
        const depth = sum * scale / side;
        let along = 0;
        for (const item of row) {
          const length = item.count * scale / depth;
          if (width >= height) place(item, x, y + along, depth, length);
          else place(item, x + along, y, length, depth);
          along += length;
        }
        if (width >= height) { x += depth; width -= depth; } else { y += depth; height -= depth; }
        rest = rest.slice(row.length);
        total -= sum;
      }
    }

    // What follows in the names of extension modules is the same in all of them.
    function shortName(path) {
      return path.split("/").pop().replace(/\.(cpython|abi3|pypy)[^!]*\.so$/, "");
    }

    // Directories, containers and members as a tree; what has one child only is no level of its own.
    function tree() {
      const root = { name: "", place: "", count: 0, families: {}, children: new Map() };
      for (const finding of shown) {
        let node = root, place = "";
        const parts = finding.place.split(/(?<=[\/!])/);
        root.count++;
        for (const part of parts) {
          place += part;
          let child = node.children.get(part);
          if (!child) {
            child = { name: part.replace(/[\/!]$/, ""), place: place.replace(/[\/!]$/, ""), count: 0, families: {},
              children: new Map() };
            node.children.set(part, child);
          }
          node = child;
          node.count++;
          node.families[finding.rule.family] = (node.families[finding.rule.family] || 0) + 1;
        }
      }
      return root;
    }
    function merged(name, nodes) {
      const node = { name, place: "", count: 0, families: {}, children: new Map(nodes.map(node => [node.name, node])) };
      for (const child of nodes) {
        node.count += child.count;
        for (const family in child.families) {
          node.families[family] = (node.families[family] || 0) + child.families[family];
        }
      }
      return node;
    }
    // The children of a node, few enough to be seen: by distribution where these are fewer, else ranges of names.
    function childrenOf(node) {
      let children = [...node.children.values()];
      while (children.length === 1 && children[0].children.size) children = [...children[0].children.values()];
      if (children.length <= TILES) return children;
      const byName = new Map();
      for (const child of children) {
        const name = child.name.split("-")[0].toLowerCase();
        byName.set(name, [...(byName.get(name) || []), child]);
      }
      if (byName.size < children.length) {
        children = [...byName].map(([name, list]) => list.length === 1 ? list[0] : merged(name, list));
      }
      if (children.length <= TILES) return children;
      children.sort((a, b) => a.name < b.name ? -1 : 1);
      const size = Math.ceil(children.length / TILES), ranges = [];
      for (let first = 0; first < children.length; first += size) {
        const list = children.slice(first, first + size);
        ranges.push(list.length === 1 ? list[0] : merged(list[0].name + " \u2026 " + list[list.length - 1].name, list));
      }
      return ranges;
    }
    function tiles() {
      let items = childrenOf(tree());
      for (;;) {
        items.sort((a, b) => b.count - a.count);
        const index = items.findIndex(item =>
          item.children.size && items.length - 1 + childrenOf(item).length <= TILES);
        if (index < 0) return items;
        items.splice(index, 1, ...childrenOf(items[index]));
      }
    }

    function drawMap() {
      const items = shown.length ? tiles() : [];
      const map = at("map");
      map.replaceChildren();
      at("map-hint").textContent = items.length
        ? "Each tile is a member, a file or a group of them, as large as it has findings. Choose one to see its own."
        : "Nothing to show.";
      layout(items, 0, 0, map.clientWidth, map.clientHeight, (item, x, y, width, height) => {
        const family = Object.keys(item.families).sort((a, b) => item.families[b] - item.families[a])[0];
        const tile = make("button", "tile");
        tile.type = "button";
        tile.title = (item.place || item.name) + ": " + plural(item.count, "finding");
        tile.setAttribute("aria-label", tile.title);
        tile.dataset.family = family || "rest";
        tile.dataset.count = item.count;
        Object.assign(tile.style,
          { left: x + "px", top: y + "px", width: width + "px", height: height + "px" });
        if (width > 56 && height > 40) {
          tile.append(make("b", "", shortName(item.name)), make("span", "", number(item.count)));
        }
        if (width < 18 || height < 18) tile.style.padding = "0";
        if (item.place) tile.onclick = () => write({ place: state.place === item.place ? "" : item.place });
        map.append(tile);
      });
    }

    function dot(family) {
      const dot = make("span", "dot");
      dot.dataset.family = family;
      return dot;
    }

    function drawRules() {
      const counts = new Map(data.rules.map(rule => [rule.code, { all: 0, fixable: 0 }]));
      for (const finding of shown) {
        const count = counts.get(finding.rule.code);
        count.all++;
        if (finding.fixable) count.fixable++;
      }
      const body = at("rules").tBodies[0];
      body.replaceChildren();
      const order = data.rules.filter(rule => counts.get(rule.code).all)
        .sort((a, b) => counts.get(b.code).all - counts.get(a.code).all);
      for (const rule of order) {
        const count = counts.get(rule.code);
        const row = make("tr", "",
          make("td", "", dot(rule.family), make("span", "badge " + rule.severity, rule.code)),
          make("td", "", rule.slug, make("div", "soft", rule.slug === rule.origin ? "" : rule.origin)),
          make("td", "number", number(count.all)), make("td", "number", number(count.fixable)));
        row.title = rule.cause;
        row.onclick = () => write({ rule: state.rule === rule.code ? "" : rule.code });
        body.append(row);
      }
    }

    function pair(list, term, ...value) { list.append(make("dt", "", term), make("dd", "", ...value)); }
    // The same string in many places is one row.
    function rows() {
      const rows = new Map();
      for (const finding of shown) {
        const key = [finding.rule.code, finding.before, finding.root, finding.after, finding.fate].join("\n");
        const row = rows.get(key);
        if (row) row.push(finding); else rows.set(key, [finding]);
      }
      return [...rows.values()];
    }
    function placeOf(finding) {
      const place = make("div", "place", make("b", "", finding.member || finding.path));
      if (finding.member && data.files > 1) {
        place.append(make("span", "soft", " in " + finding.path.split("/").pop()));
      }
      if (finding.position) place.append(" ", make("code", "soft", finding.position));
      if (finding.context) place.append(make("span", "soft", ", " + finding.context));
      return place;
    }
    function rowOf(same) {
      const finding = same[0], row = make("details", "row");
      row.dataset.count = same.length;
      const place = placeOf(finding);
      if (same.length > 1) place.append(make("span", "also", " and " + plural(same.length - 1, "other place")));
      const text = finding.root
        ? make("div", "string mono", finding.before, make("mark", "", finding.root), finding.after)
        : make("div", "string", finding.after);
      row.append(make("summary", "", make("span", "badge " + finding.rule.severity, finding.rule.code), place,
        make("div", "fate " + (finding.fixable ? "yes" : "no"), finding.fate), text));
      row.addEventListener("toggle", () => {
        if (!row.open || row.querySelector("dl")) return;
        const list = make("dl", "");
        if (same.length > 1) {
          const shownOfThem = same.slice(0, STEP).map(placeOf);
          if (same.length > STEP) shownOfThem.push(make("div", "soft", "and " + number(same.length - STEP) + " more"));
          pair(list, "Places", ...shownOfThem);
        } else {
          pair(list, "File", finding.path);
          if (finding.member) pair(list, "Member", finding.member);
        }
        pair(list, "Rule", finding.rule.slug + " (" + finding.rule.origin + ")");
        if (finding.rule.cause) pair(list, "Cause", finding.rule.cause);
        if (finding.cure) pair(list, "Cure", finding.cure);
        if (finding.rule.link) {
          const link = make("a", "", finding.rule.link);
          link.href = finding.rule.link;
          link.rel = "noreferrer noopener";
          pair(list, "More", link);
        }
        row.append(list);
      });
      return row;
    }
    function drawList() {
      const list = at("list"), all = rows();
      const first = list.querySelectorAll(".row").length;
      if (first === 0 || first > limit) list.replaceChildren();
      for (const same of all.slice(list.children.length, limit)) list.append(rowOf(same));
      if (!all.length) {
        list.append(make("div", "panel empty", findings.length ? "No finding fits these filters." : "Nothing leaks."));
      }
      const left = all.length - Math.min(limit, all.length);
      at("more").hidden = left === 0;
      at("more").textContent = "Show " + number(Math.min(STEP, left)) + " more of " + number(left);
    }

    function chip(key, label) {
      const button = make("button", "chip", label + " \u00d7");
      button.type = "button";
      button.title = "Remove this filter";
      button.onclick = () => write({ [key]: "" });
      return button;
    }
    function draw() {
      if (state.theme) document.documentElement.dataset.theme = state.theme;
      else document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
      shown = select();
      for (const key of ["text", "family", "severity", "fixable"]) {
        if (at(key).value !== state[key]) at(key).value = state[key];
      }
      const chips = [];
      if (state.rule) chips.push(chip("rule", state.rule));
      if (state.place) chips.push(chip("place", state.place.split(/[!\/]/).pop()));
      at("chips").replaceChildren(...chips);
      at("reset").hidden = !KEYS.some(key => key !== "theme" && state[key]);
      at("shown").textContent = shown.length === findings.length
        ? plural(findings.length, "finding") : number(shown.length) + " of " + plural(findings.length, "finding");
      at("list").replaceChildren();
      drawMap();
      drawRules();
      drawList();
    }

    function remarks(id, title, list) {
      if (!list.length) return;
      const items = list.map(([place, message]) =>
        make("li", "", place ? make("code", "", place) : "", place ? ": " : "", message));
      at(id).append(make("h2", "", title), make("ul", "", ...items));
      at(id).hidden = false;
    }

    const dark = matchMedia("(prefers-color-scheme: dark)");
    at("command").textContent = data.command;
    at("headline").textContent = data.headline;
    at("family").append(new Option("all families", ""));
    for (const family of data.families) at("family").append(new Option(family.code + " " + family.title, family.code));
    remarks("problems", "Could not be processed", data.errors);
    remarks("notes", "Notes", data.notes);
    let pause;
    at("text").oninput = () => { clearTimeout(pause); pause = setTimeout(() => write({ text: at("text").value }), 150); };
    for (const key of ["family", "severity", "fixable"]) at(key).onchange = () => write({ [key]: at(key).value });
    at("reset").onclick = () =>
      write({ text: "", family: "", severity: "", fixable: "", rule: "", place: "" });
    at("theme").onclick = () =>
      write({ theme: document.documentElement.dataset.theme === "dark" ? "light" : "dark" });
    at("more").onclick = () => { limit += STEP; drawList(); };
    dark.onchange = draw;
    let width = innerWidth;
    onresize = () => { if (innerWidth !== width) { width = innerWidth; drawMap(); } };
    onhashchange = () => { read(); limit = STEP; draw(); };
    document.querySelector("main").hidden = false;
    read();
    drawCards();
    draw();
    document.documentElement.dataset.ready = String(shown.length);
    """#
}
