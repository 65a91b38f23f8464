package dev.myelin.chat.template;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The parameters of a filter, test, method or function, written as {@code "old new [count]"}; those
 * in brackets can be left out. {@code *} stands for any further arguments, {@code **} for any with
 * a name.
 */
final class Parameters {
  private static final Map<String, Parameters> KNOWN = new ConcurrentHashMap<>();

  private final String[] names;
  private int required;
  private boolean rest;
  private boolean keywords;

  private Parameters(String written) {
    String[] found = new String[8];
    int count = 0;
    for (int at = 0, end; at < written.length(); at = end + 1) {
      end = written.indexOf(' ', at);
      end = end < 0 ? written.length() : end;
      String each = written.substring(at, end);
      if (each.equals("*")) {
        rest = true;
      } else if (each.equals("**")) {
        keywords = true;
      } else if (each.startsWith("[")) {
        found[count++] = each.substring(1, each.length() - 1);
      } else {
        found[count++] = each;
        required = count;
      }
    }
    names = Arrays.copyOf(found, count);
  }

  static Parameters of(String written) {
    Parameters known = KNOWN.get(written);
    if (known == null) {
      known = new Parameters(written);
      KNOWN.put(written, known);
    }
    return known;
  }

  /**
   * The value of each parameter, null where it was left out.
   *
   * @param called the name of what is called, for errors
   */
  Object[] bind(String called, Args args) {
    List<Object> positional = args.positional();
    if (positional.size() > names.length && !rest) {
      throw new Failure(called + " takes " + names.length + " arguments at most");
    }
    Object[] values = new Object[names.length];
    for (int i = 0; i < names.length && i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    if (!args.named().isEmpty()) {
      named(called, args, values);
    }
    for (int i = 0; i < required; i++) {
      if (values[i] == null) {
        throw new Failure("missing argument '" + names[i] + "'");
      }
    }
    return values;
  }

  private void named(String called, Args args, Object[] values) {
    for (Map.Entry<String, Object> each : args.named().entrySet()) {
      int i = 0;
      while (i < names.length && !names[i].equals(each.getKey())) {
        i++;
      }
      if (i < names.length && values[i] == null) {
        values[i] = each.getValue();
      } else if (i < names.length) {
        throw new Failure(called + ": argument '" + names[i] + "' is given twice");
      } else if (!keywords) {
        throw new Failure(called + " has no parameter '" + each.getKey() + "'");
      }
    }
  }
}
