package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** One run of a for block, and what {@code loop} is in its body. */
final class Loop extends Callable {
  private final For code;
  private final PySeq items;
  private final Scope outer;
  private final int depth;
  private final Render render;
  private final List<Object> matched = new ArrayList<>(); // what passed the filter, if there is one
  private int next; // item to be filtered
  private int index = -1; // in matched
  private Object current;
  private Object previous; // kept, since the body may change the list
  private Object changed; // what changed() was last asked about

  Loop(For code, PySeq items, Scope outer, int depth, Render render) {
    this.code = code;
    this.items = items;
    this.outer = outer;
    this.depth = depth;
    this.render = render;
  }

  void run() {
    if (!seek(0)) {
      if (code.otherwise != null) {
        render.run(code.otherwise, outer);
      }
      return;
    }
    while (seek(index + 1)) {
      index++;
      render.step(code.at);
      Scope scope = new Scope(outer);
      scope.set("loop", this);
      previous = current;
      current = item(index);
      assign(scope, current);
      render.run(code.body, scope);
      boolean stop = render.jump == Render.Jump.BREAK;
      render.jump = Render.Jump.NONE;
      if (stop) {
        return;
      }
    }
  }

  private void assign(Scope scope, Object item) {
    Scope before = render.scope;
    render.scope = scope;
    code.target.assign(item, render);
    render.scope = before;
  }

  /** Filters items until so many have passed; false if there are fewer. */
  private boolean seek(int wanted) {
    if (code.test == null) {
      return wanted < items.size();
    }
    while (matched.size() <= wanted && next < items.size()) {
      Object item = items.get(next++);
      if (passes(item)) {
        render.budget.items(1);
        matched.add(item);
      }
    }
    return matched.size() > wanted;
  }

  private Object item(int position) {
    return code.test == null ? items.get(position) : matched.get(position);
  }

  private boolean passes(Object item) {
    Scope scope = new Scope(outer);
    assign(scope, item);
    Scope before = render.scope;
    render.scope = scope;
    boolean passes = Values.truth(code.test.evaluate(render));
    render.scope = before;
    return passes;
  }

  int length() {
    seek(Integer.MAX_VALUE);
    return code.test == null ? items.size() : matched.size();
  }

  /** {@code loop(items)}: the same block over other items, one level deeper. */
  @Override
  Object call(Args args, Render caller) {
    if (!code.recursive) {
      throw new Failure("'loop' can be called in a recursive loop only");
    }
    Object[] bound = Parameters.of("iterable").bind("loop", args);
    int levels = 2 + code.depth();
    render.budget.enter(levels);
    StrBuilder outerText = render.out;
    Scope scope = render.scope;
    render.out = new StrBuilder(render.budget);
    render.scope = outer;
    new Loop(code, Values.sequence(bound[0], render.budget), outer, depth + 1, render).run();
    Str text = render.out.str().markup(render.autoescape);
    render.out = outerText;
    render.scope = scope;
    render.budget.leave(levels);
    return text;
  }

  @Override
  Object attribute(String name, Render caller) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "first" -> index == 0;
      case "last" -> !seek(index + 1);
      case "length" -> (long) length();
      case "revindex" -> (long) length() - index;
      case "revindex0" -> length() - index - 1L;
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" -> index > 0 ? previous : new Undefined("there is no previous item");
      case "nextitem" -> seek(index + 1) ? item(index + 1) : new Undefined("there is no next item");
      case "cycle", "changed" -> new LoopMethod(name);
      default -> null;
    };
  }

  @Override
  String name() {
    return "loop";
  }

  @Override
  String type() {
    return "loop";
  }

  @Override
  String shown() {
    return "<LoopContext " + (index + 1) + "/" + length() + ">";
  }

  private final class LoopMethod extends Callable {
    private final String name;

    LoopMethod(String name) {
      this.name = name;
    }

    @Override
    Object call(Args args, Render caller) {
      List<Object> values = args.positional();
      if (name.equals("cycle")) {
        if (values.isEmpty()) {
          throw new Failure("cycle: expected one value at least");
        }
        return values.get(index % values.size());
      }
      Object now = PyTuple.of(values.toArray());
      boolean differs = changed == null || !Compare.equal(changed, now, caller.budget);
      changed = now;
      return differs;
    }

    @Override
    String name() {
      return name;
    }

    @Override
    String type() {
      return "method";
    }
  }
}
