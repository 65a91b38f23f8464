package dev.myelin.cli;

import dev.myelin.cli.LlamaCppOptions.Entry;
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
 * Translates llama.cpp's options in a command's arguments. Other names of an option are renamed,
 * options without effect are removed and noted in one line, the rest is wrong usage with a hint.
 * This runs before picocli, which would parse {@code -ngl} as {@code -n} with a value.
 */
final class LlamaCppArguments {
  private static final String CACHE_TYPE = "--cache-type";

  private final CommandSpec spec;
  private final List<String> translated = new ArrayList<>();
  private final List<String> ignored = new ArrayList<>();
  private final Map<String, String> cacheTypes = new LinkedHashMap<>();

  private LlamaCppArguments(CommandSpec spec) {
    this.spec = spec;
  }

  /**
   * Translates the arguments to the command's own options.
   *
   * @throws CommandLine.ParameterException if an option is not supported
   */
  static String[] translate(CommandLine root, Console console, String... arguments) {
    CommandLine command = arguments.length < 2 ? null : root.getSubcommands().get(arguments[0]);
    if (command == null || arguments[0].equals("help")) {
      return arguments;
    }
    LlamaCppArguments translator = new LlamaCppArguments(command.getCommandSpec());
    translator.read(arguments);
    if (!translator.ignored.isEmpty()) {
      console.note("ignored: " + String.join(", ", translator.ignored));
    }
    return translator.translated.toArray(String[]::new);
  }

  private void read(String... arguments) {
    int i = 0;
    while (i < arguments.length) {
      String argument = arguments[i++];
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      String attached = equals < 0 ? null : argument.substring(equals + 1);
      if (argument.equals("--")) {
        translated.add(argument);
        translated.addAll(Arrays.asList(arguments).subList(i, arguments.length));
        break;
      }
      OptionSpec ownOption = spec.optionsMap().get(name);
      Optional<Entry> entry =
          ownOption != null || !name.startsWith("-") || name.length() < 2
              ? Optional.empty()
              : LlamaCppOptions.find(name, spec.name());
      if (entry.isEmpty()) {
        translated.add(argument);
        if (ownOption != null
            && ownOption.arity().max() > 0
            && attached == null
            && i < arguments.length) {
          translated.add(arguments[i++]); // the value may look like an option
        }
        continue;
      }
      String value = attached;
      if (value == null && i < arguments.length && hasValue(entry.get(), arguments[i])) {
        value = arguments[i++];
      }
      apply(entry.get(), name, value);
    }
    addCacheType();
  }

  private static boolean hasValue(Entry entry, String next) {
    return entry.takesValue() || entry.choices().contains(next);
  }

  private void apply(Entry entry, String name, String value) {
    if (entry.takesValue() && value == null) {
      throw Usage.error(spec, "missing required parameter for option '" + name + "'");
    }
    switch (entry.action()) {
      case RENAME -> {
        translated.add(spec.optionsMap().containsKey(entry.text()) ? entry.text() : name);
        translated.add(value);
      }
      case IGNORE -> ignore(name, value, entry.text());
      case CACHE_TYPE -> cacheTypes.put(name.endsWith("k") ? "k" : "v", value);
      case REJECT -> {
        if (value == null || !value.equals(entry.neutralValue())) {
          throw Usage.error(spec, name + ": " + entry.text());
        }
        ignore(name, value, "it is off");
      }
    }
  }

  private void ignore(String name, String value, String reason) {
    ignored.add((value == null ? name : name + " " + value) + " (" + reason + ")");
  }

  /** Adds the types of the KV cache: some commands have only one for keys and values. */
  private void addCacheType() {
    if (cacheTypes.isEmpty()) {
      return;
    }
    if (!spec.optionsMap().containsKey(CACHE_TYPE)) {
      ignore("-ctk, -ctv", null, "this command has no KV cache");
      return;
    }
    if (spec.optionsMap().containsKey(CACHE_TYPE + "-k")) {
      cacheTypes.forEach((part, type) -> translated.addAll(List.of(CACHE_TYPE + "-" + part, type)));
      return;
    }
    String keys = cacheTypes.get("k");
    if (keys == null || !keys.equals(cacheTypes.get("v"))) {
      throw Usage.error(
          spec,
          "-ctk, -ctv: keys and values must have the same type: give both, or "
              + CACHE_TYPE
              + " TYPE");
    }
    translated.add(CACHE_TYPE);
    translated.add(keys);
  }
}
