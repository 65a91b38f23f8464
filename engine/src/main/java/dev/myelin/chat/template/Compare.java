package dev.myelin.chat.template;

/** Python's {@code ==}, {@code <} and {@code in}; every step is paid for. */
final class Compare {
  private static final int DEEP = 4; // nodes that a level of nesting counts for

  private Compare() {}

  static boolean equal(Object a, Object b, Budget budget) {
    budget.step();
    if (a instanceof Str x && b instanceof Str y) {
      if (x.units() == y.units()) {
        budget.read(x.units());
        return x.text.equals(y.text);
      }
      return false;
    }
    if (Values.number(a) && Values.number(b)) {
      return !Numbers.unordered(a, b) && Numbers.compare(a, b) == 0;
    }
    if (a == b) {
      return true;
    }
    if (a instanceof Undefined && b instanceof Undefined) {
      return true;
    }
    if (a instanceof PySeq x && b instanceof PySeq y) {
      return x.type().equals(y.type()) && sequences(x, y, budget);
    }
    return a instanceof PyDict x && b instanceof PyDict y && dicts(x, y, budget);
  }

  private static boolean sequences(PySeq a, PySeq b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    budget.enter(DEEP);
    boolean indexed = a.indexed();
    budget.spend(indexed ? 0 : a.size());
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
    budget.leave(DEEP);
    return i == size;
  }

  private static boolean dicts(PyDict a, PyDict b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    budget.enter(DEEP);
    boolean same = true;
    for (PyDict.Entry entry : a.entries()) {
      Object other = b.get(entry.key, budget);
      if (other == null || other != entry.value && !equal(entry.value, other, budget)) {
        same = false;
        break;
      }
    }
    budget.leave(DEEP);
    return same;
  }

  /**
   * Below, at or above zero, as Python orders the two.
   *
   * @param operator for the error where it does not
   */
  static int order(Object a, Object b, String operator, Budget budget) {
    budget.step();
    if (Values.number(a) && Values.number(b)) {
      return Numbers.compare(a, b);
    }
    if (a instanceof Str x && b instanceof Str y) {
      budget.read(Math.min(x.units(), y.units()));
      return characters(x.text, y.text);
    }
    if (a instanceof PySeq x && b instanceof PySeq y && x.indexed() && x.type().equals(y.type())) {
      return sequences(x, y, operator, budget);
    }
    Values.defined(a);
    Values.defined(b);
    throw new Failure(
        "'" + operator + "' between '" + Values.type(a) + "' and '" + Values.type(b) + "'");
  }

  private static int sequences(PySeq a, PySeq b, String operator, Budget budget) {
    budget.enter(DEEP);
    int shorter = Math.min(a.size(), b.size());
    int result = Integer.compare(a.size(), b.size());
    for (int i = 0; i < shorter; i++) {
      Object x = a.get(i);
      Object y = b.get(i);
      if (x != y && !equal(x, y, budget)) {
        result = order(x, y, operator, budget);
        break;
      }
      budget.step();
    }
    budget.leave(DEEP);
    return result;
  }

  /** By code points, where Java compares UTF-16 units. */
  private static int characters(String a, String b) {
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
      if (!(Values.defined(item) instanceof Str part)) {
        throw new Failure("'in <str>' needs a string, not '" + Values.type(item) + "'");
      }
      return Search.find(text, part, 0, text.units(), budget) >= 0;
    }
    if (container instanceof PyDict dict) {
      return dict.get(item, budget) != null;
    }
    if (container instanceof DictView view && view.kind() == DictView.Kind.KEYS) {
      return view.dict().get(item, budget) != null;
    }
    if (container instanceof Generator generator) {
      for (Object each; (each = generator.next()) != null; ) {
        if (equal(each, item, budget)) {
          return true;
        }
      }
      return false;
    }
    if (!(container instanceof PySeq) && !(container instanceof Undefined)) {
      throw new Failure("'in' cannot search '" + Values.type(container) + "'");
    }
    for (Object each : Values.items(container, budget)) {
      if (each == item || equal(each, item, budget)) {
        return true;
      }
    }
    return false;
  }
}
