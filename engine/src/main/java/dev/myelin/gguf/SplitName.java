package dev.myelin.gguf;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file name of one part of a split checkpoint: {@code prefix-00002-of-00005.gguf}.
 *
 * @param prefix folder and name before the numbers
 * @param part index from 0
 * @param count number of parts
 */
record SplitName(Path prefix, int part, int count) {
  private static final Pattern PATTERN = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})\\.gguf");

  static Optional<SplitName> of(Path file) {
    Path name = file.getFileName();
    Matcher matcher = PATTERN.matcher(name == null ? "" : name.toString());
    return matcher.matches()
        ? Optional.of(
            new SplitName(
                file.resolveSibling(matcher.group(1)),
                Integer.parseInt(matcher.group(2)) - 1,
                Integer.parseInt(matcher.group(3))))
        : Optional.empty();
  }

  /** The file of part {@code part}, counted from 0. */
  Path file(int part) {
    return prefix.resolveSibling(
        String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", prefix.getFileName(), part + 1, count));
  }
}
