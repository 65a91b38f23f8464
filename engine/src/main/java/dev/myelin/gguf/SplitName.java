package dev.myelin.gguf;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file name of one part of a split checkpoint: {@code prefix-00002-of-00005.gguf}. Immutable
 * and thread-safe.
 *
 * @param prefix what precedes the numbers
 * @param part index from 0
 * @param count number of parts
 */
public record SplitName(String prefix, int part, int count) {
  private static final Pattern PATTERN = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})\\.gguf");

  /** Parses a file name or a path; empty if it is no part of a split checkpoint. */
  public static Optional<SplitName> of(String name) {
    Matcher matcher = PATTERN.matcher(name);
    return matcher.matches()
        ? Optional.of(
            new SplitName(
                matcher.group(1),
                Integer.parseInt(matcher.group(2)) - 1,
                Integer.parseInt(matcher.group(3))))
        : Optional.empty();
  }

  /** The name of part {@code part}, counted from 0. */
  public String name(int part) {
    return String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", prefix, part + 1, count);
  }
}
