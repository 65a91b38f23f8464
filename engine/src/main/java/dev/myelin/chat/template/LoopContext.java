package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** One execution of a for loop, and the value of {@code loop} in its body. */
final class LoopContext extends Callable {
  private final ForStatement statement;
  private final PySequence items;
  private final Scope outerScope;
  private final int depth;
  private final RenderContext context;
  private final List<Object> filtered =
      new ArrayList<>(); // items that passed the filter, if there is one
  private int next; // next item to filter
  private int index = -1; // in filtered
  private Object current;
  private Object previous; // kept, because the body may modify the list
  private Object lastChecked; // last argument of changed()

  LoopContext(
      ForStatement statement,
      PySequence items,
      Scope outerScope,
      int depth,
      RenderContext context) {
    this.statement = statement;
    this.items = items;
    this.outerScope = outerScope;
    this.depth = depth;
    this.context = context;
  }

  void run() {
    if (!seek(0)) {
      if (statement.elseBody != null) {
        context.run(statement.elseBody, outerScope);
      }
      return;
    }
    while (seek(index + 1)) {
      index++;
      context.step(statement.offset);
      Scope scope = new Scope(outerScope);
      scope.set("loop", this);
      previous = current;
      current = item(index);
      assign(scope, current);
      context.run(statement.body, scope);
      boolean stop = context.jump == RenderContext.Jump.BREAK;
      context.jump = RenderContext.Jump.NONE;
      if (stop) {
        return;
      }
    }
  }

  private void assign(Scope scope, Object item) {
    Scope before = context.scope;
    context.scope = scope;
    statement.target.assign(item, context);
    context.scope = before;
  }

  /** Filters items up to this position; false if there are fewer. */
  private boolean seek(int position) {
    if (statement.filter == null) {
      return position < items.size();
    }
    while (filtered.size() <= position && next < items.size()) {
      Object item = items.get(next++);
      if (passesFilter(item)) {
        context.budget.chargeItems(1);
        filtered.add(item);
      }
    }
    return filtered.size() > position;
  }

  private Object item(int position) {
    return statement.filter == null ? items.get(position) : filtered.get(position);
  }

  private boolean passesFilter(Object item) {
    Scope scope = new Scope(outerScope);
    assign(scope, item);
    Scope before = context.scope;
    context.scope = scope;
    boolean passes = Values.isTruthy(statement.filter.evaluate(context));
    context.scope = before;
    return passes;
  }

  int length() {
    seek(Integer.MAX_VALUE);
    return statement.filter == null ? items.size() : filtered.size();
  }

  /** {@code loop(items)}: runs the same loop over other items, one level deeper. */
  @Override
  Object call(CallArguments args, RenderContext caller) {
    if (!statement.recursive) {
      throw new TemplateError("'loop' can be called in a recursive loop only");
    }
    Object[] bound = Signature.of("iterable").bind("loop", args);
    int levels = 2 + statement.depth();
    context.budget.enter(levels);
    StrBuilder outerOutput = context.output;
    Scope scope = context.scope;
    context.output = new StrBuilder(context.budget);
    context.scope = outerScope;
    new LoopContext(
            statement, Values.toSequence(bound[0], context.budget), outerScope, depth + 1, context)
        .run();
    Str text = context.output.build().markup(context.autoescape);
    context.output = outerOutput;
    context.scope = scope;
    context.budget.leave(levels);
    return text;
  }

  @Override
  Object getAttribute(String name, RenderContext caller) {
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
  String typeName() {
    return "loop";
  }

  @Override
  String repr() {
    return "<LoopContext " + (index + 1) + "/" + length() + ">";
  }

  private final class LoopMethod extends Callable {
    private final String name;

    LoopMethod(String name) {
      this.name = name;
    }

    @Override
    Object call(CallArguments args, RenderContext caller) {
      List<Object> values = args.positional();
      if (name.equals("cycle")) {
        if (values.isEmpty()) {
          throw new TemplateError("cycle: expected at least one value");
        }
        return values.get(index % values.size());
      }
      Object now = PyTuple.of(values.toArray());
      boolean differs = lastChecked == null || !Comparisons.equal(lastChecked, now, caller.budget);
      lastChecked = now;
      return differs;
    }

    @Override
    String name() {
      return name;
    }

    @Override
    String typeName() {
      return "method";
    }
  }
}
