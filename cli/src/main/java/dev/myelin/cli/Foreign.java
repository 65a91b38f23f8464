package dev.myelin.cli;

import dev.myelin.cli.ForeignOptions.Entry;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.io.Console;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Reads options of llama.cpp among the arguments of a command: what is the same thing under another
 * name is renamed, what changes nothing is left out and noted in one line, the rest is wrong usage
 * with a hint. It comes before picocli, which takes {@code -ngl} for {@code -n} with a value.
 */
final class Foreign {
  private static final String CACHE_TYPE = "--cache-type";

  private final CommandSpec spec;
  private final List<String> understood = new ArrayList<>();
  private final List<String> unused = new ArrayList<>();
  private final Map<String, String> cacheTypes = new LinkedHashMap<>();

  private Foreign(CommandSpec spec) {
    this.spec = spec;
  }

  /**
   * The arguments as the command knows them.
   *
   * @throws CommandLine.ParameterException if one asks for what is not there
   */
  static String[] understood(CommandLine root, Console console, String... arguments) {
    CommandLine command = arguments.length < 2 ? null : root.getSubcommands().get(arguments[0]);
    if (command == null || arguments[0].equals("help")) {
      return arguments;
    }
    Foreign foreign = new Foreign(command.getCommandSpec());
    foreign.read(arguments);
    if (!foreign.unused.isEmpty()) {
      console.note("without effect here: " + String.join(", ", foreign.unused));
    }
    return foreign.understood.toArray(String[]::new);
  }

  private void read(String... arguments) {
    int i = 0;
    while (i < arguments.length) {
      String argument = arguments[i++];
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      String attached = equals < 0 ? null : argument.substring(equals + 1);
      if (argument.equals("--")) {
        understood.add(argument);
        understood.addAll(Arrays.asList(arguments).subList(i, arguments.length));
        break;
      }
      OptionSpec own = spec.optionsMap().get(name);
      Optional<Entry> entry =
          own != null || !name.startsWith("-") || name.length() < 2
              ? Optional.empty()
              : ForeignOptions.find(name, spec.name());
      if (entry.isEmpty()) {
        understood.add(argument);
        if (own != null && own.arity().max() > 0 && attached == null && i < arguments.length) {
          understood.add(arguments[i++]); // its value may look like an option
        }
        continue;
      }
      String value = attached;
      if (value == null && i < arguments.length && takes(entry.get(), arguments[i])) {
        value = arguments[i++];
      }
      take(entry.get(), name, value);
    }
    cacheType();
  }

  private static boolean takes(Entry entry, String next) {
    return entry.value() || entry.choices().contains(next);
  }

  private void take(Entry entry, String name, String value) {
    if (entry.value() && value == null) {
      throw Usage.wrong(spec, "missing required parameter for option '" + name + "'");
    }
    switch (entry.fate()) {
      case RENAMED -> {
        understood.add(spec.optionsMap().containsKey(entry.words()) ? entry.words() : name);
        understood.add(value);
      }
      case WITHOUT_EFFECT -> unused(name, value, entry.words());
      case CACHE_TYPE -> cacheTypes.put(name.endsWith("k") ? "k" : "v", value);
      case REFUSED -> {
        if (value == null || !value.equals(entry.off())) {
          throw Usage.wrong(spec, name + ": " + entry.words());
        }
        unused(name, value, "it is off");
      }
    }
  }

  private void unused(String name, String value, String why) {
    unused.add((value == null ? name : name + " " + value) + " (" + why + ")");
  }

  /** Keys and values have one type here. */
  private void cacheType() {
    if (cacheTypes.isEmpty()) {
      return;
    }
    if (!spec.optionsMap().containsKey(CACHE_TYPE)) {
      unused("-ctk, -ctv", null, "there is no cache");
      return;
    }
    String keys = cacheTypes.get("k");
    if (keys == null || !keys.equals(cacheTypes.get("v"))) {
      throw Usage.wrong(
          spec,
          "-ctk, -ctv: keys and values have the same type here: expected both alike, or "
              + CACHE_TYPE
              + " TYPE");
    }
    understood.add(CACHE_TYPE);
    understood.add(keys);
  }
}
