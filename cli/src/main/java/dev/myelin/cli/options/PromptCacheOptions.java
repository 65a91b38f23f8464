package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.generate.Session;
import dev.myelin.plan.Quantities;
import dev.myelin.snapshot.PromptCache;
import java.nio.file.Path;

/** The folder in which the states of prompts are kept between runs. */
public final class PromptCacheOptions {
  private final Subcommand command;
  private final Subcommand.Value<Path> folder;
  private final Subcommand.Value<String> size;
  private PromptCache cache;

  public PromptCacheOptions(Subcommand command) {
    this.command = command;
    folder =
        command.option(
            Path.class,
            null,
            "DIR",
            "Keep the states of prompts in this folder: a prompt that begins as an earlier one, of"
                + " this or another process, is computed from where they differ.",
            "--prompt-cache");
    size =
        command.option(
            String.class,
            null,
            "SIZE",
            "Limit of the folder, such as 500M or 8G: what was not used for the longest time is"
                + " deleted (default: 2 GB).",
            "--prompt-cache-size");
  }

  /** Lets a session use the folder, if one is given. Any thread may call it. */
  public synchronized void apply(Session session) {
    if (size.isSet() && !folder.isSet()) {
      throw Usage.error(command.spec, "--prompt-cache-size: expected a folder, --prompt-cache DIR");
    }
    if (folder.isSet()) {
      if (cache == null) {
        cache = open();
      }
      session.usePromptCache(cache);
    }
  }

  private PromptCache open() {
    long bytes =
        size.isSet()
            ? Usage.check(
                command.spec, () -> Quantities.parseMemory("prompt-cache-size", size.get()))
            : PromptCache.DEFAULT_BYTES;
    return PromptCache.open(folder.get(), bytes);
  }
}
