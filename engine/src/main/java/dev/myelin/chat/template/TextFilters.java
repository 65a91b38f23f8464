package dev.myelin.chat.template;

/** Filters of text: a line here says the parameters, a line below what it does. */
final class TextFilters {
  private TextFilters() {}

  static String parameters(String name) {
    return switch (name) {
      case "capitalize", "e", "escape", "forceescape", "lower", "safe" -> "";
      case "string", "striptags", "title", "upper", "wordcount" -> "";
      case "center" -> "[width]";
      case "format" -> "* **";
      case "indent" -> "[width] [first] [blank]";
      case "replace" -> "old new [count]";
      case "tojson" -> "[ensure_ascii] [indent] [separators] [sort_keys]";
      case "trim" -> "[chars]";
      case "truncate" -> "[length] [killwords] [end] [leeway]";
      case "urlencode" -> "";
      case "wordwrap" -> "[width] [break_long_words] [wrapstring] [break_on_hyphens]";
      case "xmlattr" -> "[autospace]";
      default -> null;
    };
  }

  /**
   * @param a values of the parameters, null where left out
   */
  static Object apply(String name, Object value, Object[] a, Args args, Render render) {
    Budget budget = render.budget;
    return switch (name) {
      case "capitalize" -> Case.capitalize(text(value, render), budget);
      case "center" -> Texts.pad(text(value, render), or(a[0], 80L), null, '^', budget);
      case "e", "escape" -> Html.escape(value, render);
      case "forceescape" -> Html.forced(text(value, render), render);
      case "format" -> format(text(value, render), args, render);
      case "indent" -> Layout.indent(value, a, render);
      case "lower" -> Case.lower(text(value, render), budget);
      case "replace" -> replace(text(value, render), a, render);
      case "safe" -> safe(text(value, render), budget);
      case "string" -> text(value, render);
      case "striptags" -> Html.striptags(text(value, render), render);
      case "title" -> Case.titleFilter(text(value, render), budget);
      case "tojson" -> Json.dumps(value, a, budget);
      case "trim" -> Texts.strip(text(value, render), a[0], true, true, budget);
      case "truncate" -> Layout.truncate(text(value, render), a, render);
      case "upper" -> Case.upper(text(value, render), budget);
      case "urlencode" -> Urls.encode(value, render);
      case "wordcount" -> Layout.wordCount(text(value, render), budget);
      case "wordwrap" -> Layout.wordWrap(text(value, render), a, render);
      case "xmlattr" -> attributes(value, a[0] == null || Values.truth(a[0]), render);
      default -> throw new AssertionError(name);
    };
  }

  static Str text(Object value, Render render) {
    return Repr.text(value, render.budget);
  }

  static Object or(Object argument, Object otherwise) {
    return argument == null ? otherwise : argument;
  }

  private static Str safe(Str text, Budget budget) {
    budget.read(text.units()); // its characters are counted again
    return text.markup(true);
  }

  private static Str format(Str format, Args args, Render render) {
    if (args.named().isEmpty()) {
      Object values = PyTuple.of(args.positional().toArray());
      return PercentFormat.format(format, values, render);
    }
    if (!args.positional().isEmpty()) {
      throw new Failure("format: values with names and without");
    }
    return PercentFormat.format(format, args.namedDict(render.budget), render);
  }

  private static Str replace(Str s, Object[] a, Render render) {
    long most = a[2] == null || a[2] == None.NONE ? -1 : Numbers.clamped(a[2], "replace: count");
    Str old = text(a[0], render);
    Str by = text(a[1], render);
    if (render.autoescape) {
      return Texts.replace(
          Html.escape(s, render), old, Html.escape(by, render), most, render.budget);
    }
    return Texts.replace(s.markup(false), old, by, most, render.budget);
  }

  private static Str attributes(Object value, boolean space, Render render) {
    if (!(Values.defined(value) instanceof PyDict dict)) {
      throw new Failure("xmlattr: expected a dict, not '" + Values.type(value) + "'");
    }
    return Html.attributes(dict, space, render);
  }
}
