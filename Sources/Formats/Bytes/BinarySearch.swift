extension Array {
  /// The first index whose element is not below the sought value; `count` if all are.
  /// - Precondition: the elements for which `isBelow` holds come first.
  package func partition(where isBelow: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if isBelow(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
