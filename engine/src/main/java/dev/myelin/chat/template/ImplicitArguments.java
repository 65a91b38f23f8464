package dev.myelin.chat.template;

/** Which of the implicit arguments of a macro its body reads. */
final class ImplicitArguments {
  private boolean varargs;
  private boolean kwargs;
  private boolean caller;

  void noteName(String name) {
    varargs |= name.equals("varargs");
    kwargs |= name.equals("kwargs");
    caller |= name.equals("caller");
  }

  boolean varargs() {
    return varargs;
  }

  boolean kwargs() {
    return kwargs;
  }

  boolean caller() {
    return caller;
  }

  /** Clears the names at the start of a macro; returns those of the enclosing body. */
  ImplicitArguments enterMacro() {
    ImplicitArguments outer = new ImplicitArguments();
    outer.varargs = varargs;
    outer.kwargs = kwargs;
    outer.caller = caller;
    varargs = false;
    kwargs = false;
    caller = false;
    return outer;
  }

  /** Adds the names of the enclosing body at the end of a macro. */
  void leaveMacro(ImplicitArguments outer) {
    varargs |= outer.varargs;
    kwargs |= outer.kwargs;
    caller |= outer.caller;
  }
}
