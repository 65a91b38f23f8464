package dev.myelin.chat.template;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The signature of a filter, test, method or function, declared as {@code "old new [count]"}.
 * Parameters in brackets are optional. {@code *} accepts further positional arguments, {@code **}
 * further keyword arguments.
 */
final class Signature {
  private static final Map<String, Signature> CACHE = new ConcurrentHashMap<>();

  private final String[] names;
  private int required;
  private boolean varargs;
  private boolean kwargs;

  private Signature(String declaration) {
    String[] found = new String[8];
    int count = 0;
    for (int at = 0, end; at < declaration.length(); at = end + 1) {
      end = declaration.indexOf(' ', at);
      end = end < 0 ? declaration.length() : end;
      String each = declaration.substring(at, end);
      if (each.equals("*")) {
        varargs = true;
      } else if (each.equals("**")) {
        kwargs = true;
      } else if (each.startsWith("[")) {
        found[count++] = each.substring(1, each.length() - 1);
      } else {
        found[count++] = each;
        required = count;
      }
    }
    names = Arrays.copyOf(found, count);
  }

  static Signature of(String declaration) {
    Signature signature = CACHE.get(declaration);
    if (signature == null) {
      signature = new Signature(declaration);
      CACHE.put(declaration, signature);
    }
    return signature;
  }

  /**
   * Binds arguments: returns the value of each parameter, null if omitted.
   *
   * @param callee name of the callee, for error messages
   */
  Object[] bind(String callee, CallArguments args) {
    List<Object> positional = args.positional();
    if (positional.size() > names.length && !varargs) {
      throw new TemplateError(callee + " takes " + names.length + " arguments at most");
    }
    Object[] values = new Object[names.length];
    for (int i = 0; i < names.length && i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    if (!args.keywords().isEmpty()) {
      bindKeywords(callee, args, values);
    }
    for (int i = 0; i < required; i++) {
      if (values[i] == null) {
        throw new TemplateError("missing argument '" + names[i] + "'");
      }
    }
    return values;
  }

  private void bindKeywords(String callee, CallArguments args, Object[] values) {
    for (Map.Entry<String, Object> each : args.keywords().entrySet()) {
      int i = 0;
      while (i < names.length && !names[i].equals(each.getKey())) {
        i++;
      }
      if (i < names.length && values[i] == null) {
        values[i] = each.getValue();
      } else if (i < names.length) {
        throw new TemplateError(callee + ": argument '" + names[i] + "' is given twice");
      } else if (!kwargs) {
        throw new TemplateError(callee + " has no parameter '" + each.getKey() + "'");
      }
    }
  }
}
