package dev.myelin.chat.template;

/** Python's {@code ==}, {@code <} and {@code in}. Every step is charged to the budget. */
final class Comparisons {
  private static final int NESTING_LEVELS = 4; // depth charged per level of nested values

  private Comparisons() {}

  static boolean equal(Object a, Object b, Budget budget) {
    budget.step();
    if (a instanceof Str x && b instanceof Str y) {
      if (x.units() == y.units()) {
        budget.chargeRead(x.units());
        return x.text.equals(y.text);
      }
      return false;
    }
    if (Values.isNumber(a) && Values.isNumber(b)) {
      return !Numbers.isUnordered(a, b) && Numbers.compare(a, b) == 0;
    }
    if (a == b) {
      return true;
    }
    if (a instanceof Undefined && b instanceof Undefined) {
      return true;
    }
    if (a instanceof PySequence x && b instanceof PySequence y) {
      return x.typeName().equals(y.typeName()) && sequences(x, y, budget);
    }
    return a instanceof PyDict x && b instanceof PyDict y && equalDicts(x, y, budget);
  }

  private static boolean sequences(PySequence a, PySequence b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    budget.enter(NESTING_LEVELS);
    boolean indexed = a.isIndexed();
    budget.chargeWork(indexed ? 0 : a.size());
    Object[] views = indexed ? null : a.toArray();
    Object[] others = indexed ? null : b.toArray();
    int size = a.size();
    int i = 0;
    while (i < size) {
      Object x = indexed ? a.get(i) : views[i];
      Object y = indexed ? b.get(i) : others[i];
      budget.step();
      if (x != y && !equal(x, y, budget)) {
        break;
      }
      i++;
    }
    budget.leave(NESTING_LEVELS);
    return i == size;
  }

  private static boolean equalDicts(PyDict a, PyDict b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    budget.enter(NESTING_LEVELS);
    boolean same = true;
    for (PyDict.Entry entry : a.entries()) {
      Object other = b.get(entry.key, budget);
      if (other == null || other != entry.value && !equal(entry.value, other, budget)) {
        same = false;
        break;
      }
    }
    budget.leave(NESTING_LEVELS);
    return same;
  }

  /**
   * Negative, zero or positive, in Python's order.
   *
   * @param operator for the error message if they are not comparable
   */
  static int compare(Object a, Object b, String operator, Budget budget) {
    budget.step();
    if (Values.isNumber(a) && Values.isNumber(b)) {
      return Numbers.compare(a, b);
    }
    if (a instanceof Str x && b instanceof Str y) {
      budget.chargeRead(Math.min(x.units(), y.units()));
      return compareCodePoints(x.text, y.text);
    }
    if (a instanceof PySequence x
        && b instanceof PySequence y
        && x.isIndexed()
        && x.typeName().equals(y.typeName())) {
      return sequences(x, y, operator, budget);
    }
    Values.requireDefined(a);
    Values.requireDefined(b);
    throw new TemplateError(
        "'" + operator + "' between '" + Values.typeName(a) + "' and '" + Values.typeName(b) + "'");
  }

  private static int sequences(PySequence a, PySequence b, String operator, Budget budget) {
    budget.enter(NESTING_LEVELS);
    int shorter = Math.min(a.size(), b.size());
    int result = Integer.compare(a.size(), b.size());
    for (int i = 0; i < shorter; i++) {
      Object x = a.get(i);
      Object y = b.get(i);
      if (x != y && !equal(x, y, budget)) {
        result = compare(x, y, operator, budget);
        break;
      }
      budget.step();
    }
    budget.leave(NESTING_LEVELS);
    return result;
  }

  /** Compares code points; Java's compareTo compares UTF-16 units. */
  private static int compareCodePoints(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    for (int i = 0; i < shorter; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean surrogates = Character.isSurrogate(x) != Character.isSurrogate(y);
        return surrogates ? (Character.isSurrogate(x) ? 1 : -1) : x - y;
      }
    }
    return a.length() - b.length();
  }

  static boolean contains(Object container, Object item, Budget budget) {
    if (container instanceof Str text) {
      if (!(Values.requireDefined(item) instanceof Str part)) {
        throw new TemplateError("'in <str>' needs a string, not '" + Values.typeName(item) + "'");
      }
      return StringSearch.find(text, part, 0, text.units(), budget) >= 0;
    }
    if (container instanceof PyDict dict) {
      return dict.get(item, budget) != null;
    }
    if (container instanceof DictView view && view.kind() == DictView.Kind.KEYS) {
      return view.dict().get(item, budget) != null;
    }
    if (container instanceof PyGenerator generator) {
      for (Object each; (each = generator.next()) != null; ) {
        if (equal(each, item, budget)) {
          return true;
        }
      }
      return false;
    }
    if (!(container instanceof PySequence) && !(container instanceof Undefined)) {
      throw new TemplateError("'in' cannot search '" + Values.typeName(container) + "'");
    }
    for (Object each : Values.items(container, budget)) {
      if (each == item || equal(each, item, budget)) {
        return true;
      }
    }
    return false;
  }
}
