package dev.myelin.cli;

import dev.myelin.cache.CacheType;
import dev.myelin.generate.SessionOptions;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How it computes. */
final class SessionFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      description = "Threads that compute; 0 means one a physical core.")
  private int threads;

  @Option(
      names = {"-c", "--ctx-size"},
      paramLabel = "N",
      description = "Most tokens in the context; 0 means the model's own, at most 4096.")
  private int context;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      description = "Most prompt tokens computed together (default: ${DEFAULT-VALUE}).")
  private int batch = SessionOptions.DEFAULT_BATCH;

  @Option(
      names = "--cache-type",
      paramLabel = "TYPE",
      completionCandidates = CacheTypes.class,
      description = "What keys and values are kept in: ${COMPLETION-CANDIDATES} (default: f16).")
  private String cacheType = "f16";

  SessionOptions options() {
    return Usage.check(
        command, () -> new SessionOptions(context, batch, threads, CacheType.of(cacheType)));
  }

  /** Names of cache types, for help and completion. */
  static final class CacheTypes implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(CacheType.values())
          .map(t -> t.name().toLowerCase(Locale.ROOT))
          .iterator();
    }
  }
}
