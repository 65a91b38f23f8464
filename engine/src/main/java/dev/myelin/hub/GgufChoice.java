package dev.myelin.hub;

import dev.myelin.gguf.SplitName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of a repository to download.
 *
 * @param tag that names them: the quantization or the file name
 * @param paths one, or all parts of a split checkpoint in order
 */
record GgufChoice(String tag, List<String> paths) {
  private static final String DEFAULT = "Q4_K_M";
  private static final String GGUF = ".gguf";
  private static final Pattern TYPE =
      Pattern.compile(
          "(?i)[-._/]((?:UD-)?(?:I?Q\\d|TQ\\d|MXFP4|NVFP4|BF16|F16|F32)[A-Z0-9_]*)"
              + "(?:-\\d{5}-of-\\d{5})?\\.gguf$");
  private static final int MAX_PATH_CHARS = 1000;

  /**
   * Chooses by the tag of a name: a file name, a quantization, else Q4_K_M, else the first file.
   * Projectors and importance matrices are never chosen.
   *
   * @param all paths in a repository, untrusted
   */
  static GgufChoice of(ModelName name, List<String> all) {
    List<String> models = all.stream().filter(GgufChoice::isModel).sorted().toList();
    models.forEach(GgufChoice::requireSafe);
    if (models.isEmpty()) {
      throw new HubException(name.id() + ": has no GGUF file: expected a repository of GGUF files");
    }
    String tag = name.tag();
    if (tag.endsWith(GGUF)) {
      return new GgufChoice(tag, parts(name, models, find(name, models, p -> isFile(p, tag))));
    }
    if (!tag.isEmpty()) {
      String path = find(name, models, p -> hasQuantization(p, tag));
      return new GgufChoice(tag.toUpperCase(Locale.ROOT), parts(name, models, path));
    }
    for (String path : models) {
      if (isFirst(path) && hasQuantization(path, DEFAULT)) {
        return new GgufChoice(DEFAULT, parts(name, models, path));
      }
    }
    String first =
        models.stream().filter(GgufChoice::isFirst).findFirst().orElse(models.getFirst());
    return new GgufChoice(tag(first, models), parts(name, models, first));
  }

  /** The quantization in a file's name if it names this file only, else the file's name. */
  private static String tag(String path, List<String> models) {
    Matcher type = TYPE.matcher(path);
    long files =
        type.find()
            ? models.stream().filter(p -> isFirst(p) && hasQuantization(p, type.group(1))).count()
            : 0;
    return files == 1 ? type.group(1).toUpperCase(Locale.ROOT) : FileNames.last(path);
  }

  private static boolean isModel(String path) {
    String lower = path.toLowerCase(Locale.ROOT);
    return lower.endsWith(GGUF) && !lower.contains("mmproj") && !lower.contains("imatrix");
  }

  private static void requireSafe(String path) {
    boolean isPlain =
        path.chars().noneMatch(c -> Character.isISOControl(c) || c == '\\' || c == ':');
    if (path.length() > MAX_PATH_CHARS || !isPlain || !ModelName.isSafe(path)) {
      throw new HubException(
          "file name '" + path + "': refused, expected a path inside the repository");
    }
  }

  /** The tag as a whole word of the path. */
  private static boolean hasQuantization(String path, String tag) {
    return Pattern.compile("(^|[-._/])" + Pattern.quote(tag) + "[-./]", Pattern.CASE_INSENSITIVE)
        .matcher(path)
        .find();
  }

  private static boolean isFile(String path, String file) {
    return path.equals(file) || FileNames.last(path).equals(file);
  }

  /** Whether it is not a later part of a split checkpoint. */
  private static boolean isFirst(String path) {
    return SplitName.of(path).map(SplitName::part).orElse(0) == 0;
  }

  private static String find(
      ModelName name, List<String> models, java.util.function.Predicate<String> test) {
    return models.stream()
        .filter(test)
        .filter(GgufChoice::isFirst)
        .findFirst()
        .orElseThrow(
            () ->
                new HubException(
                    name
                        + ": no such file or quantization: the repository has "
                        + choices(models)));
  }

  private static String choices(List<String> models) {
    List<String> names =
        models.stream().filter(GgufChoice::isFirst).map(FileNames::last).limit(12).toList();
    return String.join(", ", names);
  }

  private static List<String> parts(ModelName name, List<String> models, String path) {
    List<String> parts = new ArrayList<>();
    for (String part : FileNames.parts(path)) {
      if (!models.contains(part)) {
        throw new HubException(name + ": " + part + ": this part is missing in the repository");
      }
      parts.add(part);
    }
    return parts;
  }
}
