package dev.myelin.chat.template;

/** Which of the names that macros are given a macro's body reads. */
final class MacroUse {
  private boolean rest;
  private boolean keywords;
  private boolean caller;

  void name(String name) {
    rest |= name.equals("varargs");
    keywords |= name.equals("kwargs");
    caller |= name.equals("caller");
  }

  boolean rest() {
    return rest;
  }

  boolean keywords() {
    return keywords;
  }

  boolean caller() {
    return caller;
  }

  /** Forgets what was read, and returns it. */
  MacroUse begin() {
    MacroUse before = new MacroUse();
    before.rest = rest;
    before.keywords = keywords;
    before.caller = caller;
    rest = false;
    keywords = false;
    caller = false;
    return before;
  }

  /** Adds what was read before a macro to what it read: it may stand in another. */
  void end(MacroUse before) {
    rest |= before.rest;
    keywords |= before.keywords;
    caller |= before.caller;
  }
}
