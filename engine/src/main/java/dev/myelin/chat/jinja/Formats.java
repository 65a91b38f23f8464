package dev.myelin.chat.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's two ways of filling in a text, without their widths. */
final class Formats {
  private static final Pattern PERCENT =
      Pattern.compile("%(?:\\((\\w+)\\))?(?:\\.(\\d{1,2}))?([sdrfi%])");
  private static final Pattern BRACES =
      Pattern.compile("\\{\\{|\\}\\}|\\{(\\w*)(?:!([rs]))?(?::\\.(\\d{1,2})f)?\\}|[{}]");

  private Formats() {}

  /** {@code "%s and %.2f" % (a, b)}, {@code "%(name)s" % map}. */
  static String percent(String format, Object values, Render render) {
    List<?> list = values instanceof List<?> several ? several : List.of(values);
    Iterator<?> next = list.iterator();
    StringBuilder text = new StringBuilder();
    Matcher field = PERCENT.matcher(format);
    while (field.find()) {
      if (field.group(3).equals("%")) {
        field.appendReplacement(text, "%");
        continue;
      }
      Object value;
      if (field.group(1) != null) {
        value = Values.item(values, field.group(1));
      } else if (next.hasNext()) {
        value = next.next();
      } else {
        throw new RenderFailure("'%' has fewer values than the text has places");
      }
      String filled =
          switch (field.group(3)) {
            case "s" -> Text.of(value, render);
            case "r" -> Text.repr(value, render);
            case "f" -> fixed(value, field.group(2) == null ? "6" : field.group(2));
            default -> String.valueOf((long) Operators.toDouble(value));
          };
      append(text, field, filled, render);
    }
    return field.appendTail(text).toString();
  }

  /** {@code "{} and {name}".format(a, name=b)}. */
  static String braces(String format, Arguments arguments, Render render) {
    StringBuilder text = new StringBuilder();
    Matcher field = BRACES.matcher(format);
    List<Object> positional = new ArrayList<>(arguments.positional());
    int next = 0;
    while (field.find()) {
      switch (field.group()) {
        case "{{" -> append(text, field, "{", render);
        case "}}" -> append(text, field, "}", render);
        case "{", "}" ->
            throw new RenderFailure("format: only {}, {0}, {name} and {:.2f} are known");
        default -> {
          String name = field.group(1).isEmpty() ? String.valueOf(next++) : field.group(1);
          Object value = argument(name, positional, arguments.named());
          String filled =
              field.group(3) != null
                  ? fixed(value, field.group(3))
                  : "r".equals(field.group(2)) ? Text.repr(value, render) : Text.of(value, render);
          append(text, field, filled, render);
        }
      }
    }
    return field.appendTail(text).toString();
  }

  private static Object argument(String name, List<Object> positional, Map<String, Object> named) {
    boolean index = name.length() < 5 && name.chars().allMatch(Character::isDigit);
    if (index && Integer.parseInt(name) < positional.size()) {
      return positional.get(Integer.parseInt(name));
    }
    Object value = named.get(name);
    if (value == null) {
      throw new RenderFailure("format: no value for {" + name + "}");
    }
    return value;
  }

  private static String fixed(Object value, String digits) {
    double number = Operators.toDouble(value);
    if (!Double.isFinite(number)) {
      return Text.number(number);
    }
    return new BigDecimal(number)
        .setScale(Integer.parseInt(digits), RoundingMode.HALF_EVEN)
        .toPlainString();
  }

  private static void append(StringBuilder text, Matcher field, String filled, Render render) {
    field.appendReplacement(text, "");
    render.spend(1L + filled.length());
    text.append(filled);
  }
}
