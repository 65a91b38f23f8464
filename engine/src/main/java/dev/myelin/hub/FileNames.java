package dev.myelin.hub;

import dev.myelin.gguf.SplitName;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Names of files: from servers, which are untrusted, to those in the store. */
final class FileNames {
  private static final Pattern RESERVED =
      Pattern.compile("(?i)(con|prn|aux|nul|com\\d|lpt\\d)(\\..*)?");
  private static final int MAX_STEM_CHARS = 100;
  private static final int MAX_PARTS = 1000;

  private FileNames() {}

  /** The last segment of a path. */
  static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The paths of all parts of a split checkpoint; the path itself if it is none. */
  static List<String> parts(String path) {
    Optional<SplitName> split = SplitName.of(path);
    if (split.isEmpty()) {
      return List.of(path);
    }
    int count = split.get().count();
    if (count < 1 || count > MAX_PARTS) {
      throw new HubException(path + ": expected 1 to " + MAX_PARTS + " parts");
    }
    return IntStream.range(0, count).mapToObj(split.get()::name).toList();
  }

  /** The names of a model's files in the store: ASCII letters, digits, {@code .}, _ and -. */
  static List<String> local(RemoteModel model) {
    int count = model.files().size();
    String first = model.files().getFirst().name();
    String stem =
        safe(
            SplitName.of(first)
                .map(SplitName::prefix)
                .orElse(first.replaceFirst("(?i)\\.gguf$", "")));
    SplitName split = new SplitName(stem, 0, count);
    return count == 1
        ? List.of(stem + ".gguf")
        : IntStream.range(0, count).mapToObj(split::name).toList();
  }

  /** A file name that is valid everywhere. */
  static String safe(String text) {
    String name = text.replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^[.-]+", "");
    name = name.substring(0, Math.min(name.length(), MAX_STEM_CHARS));
    return name.isEmpty() || RESERVED.matcher(name).matches() ? "model" : name;
  }
}
