package dev.myelin.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of files: from servers, which are untrusted, to those in the store. */
final class FileNames {
  /** A part of a split checkpoint: what precedes the numbers, the part from 1, the count. */
  static final Pattern SPLIT = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

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
    Matcher split = SPLIT.matcher(path);
    if (!split.matches()) {
      return List.of(path);
    }
    int count = Integer.parseInt(split.group(3));
    if (count < 1 || count > MAX_PARTS) {
      throw new HubException(path + ": expected 1 to " + MAX_PARTS + " parts");
    }
    List<String> parts = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      parts.add(split(split.group(1), i, count));
    }
    return parts;
  }

  private static String split(String stem, int part, int count) {
    return stem + String.format(Locale.ROOT, "-%05d-of-%05d.gguf", part, count);
  }

  /** The names of a model's files in the store: ASCII letters, digits, {@code .}, _ and -. */
  static List<String> local(RemoteModel model) {
    int count = model.files().size();
    String first = model.files().getFirst().name();
    Matcher split = SPLIT.matcher(first);
    String stem = split.matches() ? split.group(1) : first.replaceFirst("(?i)\\.gguf$", "");
    stem = safe(stem);
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      names.add(count == 1 ? stem + ".gguf" : split(stem, i, count));
    }
    return names;
  }

  /** A file name that is valid everywhere. */
  static String safe(String text) {
    String name = text.replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^[.-]+", "");
    name = name.substring(0, Math.min(name.length(), MAX_STEM_CHARS));
    return name.isEmpty() || RESERVED.matcher(name).matches() ? "model" : name;
  }
}
