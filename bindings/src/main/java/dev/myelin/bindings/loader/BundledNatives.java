package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The libraries in a natives jar, and its manifest, which {@code natives/collect.sh} writes.
 *
 * @param folderName version, platform and id: another build has another name
 * @param files what the manifest names
 */
record BundledNatives(String folderName, List<Entry> files) {
  /**
   * A library.
   *
   * @param crc32c compared before each load
   * @param sha256 compared when it is unpacked
   */
  record Entry(String name, long bytes, long crc32c, String sha256) {}

  private static final String FOLDER =
      "META-INF/myelin/natives/" + Platform.current().classifier() + "/";

  private static final String MODULE =
      "dev.myelin.natives." + Platform.current().classifier().replace('-', '.');

  private static final int MAX_MANIFEST_BYTES = 64 << 10;
  private static final long MAX_FILE_BYTES = 1L << 30;

  /** The natives for this platform on the module path or class path. */
  static Optional<BundledNatives> find() {
    try (InputStream in = resource("manifest")) {
      if (in == null) {
        return Optional.empty();
      }
      return Optional.of(
          parse(new String(in.readNBytes(MAX_MANIFEST_BYTES), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new NativeLoadException("cannot read " + FOLDER + "manifest: " + e.getMessage(), e);
    }
  }

  /** The bytes of a library, or null if the jar lacks it. */
  static InputStream open(Entry file) throws IOException {
    return resource(file.name);
  }

  private static InputStream resource(String name) throws IOException {
    Module own = BundledNatives.class.getModule();
    if (own.getLayer() != null) {
      Optional<Module> natives = own.getLayer().findModule(MODULE);
      if (natives.isPresent()) {
        return natives.get().getResourceAsStream(FOLDER + name);
      }
    }
    return BundledNatives.class.getClassLoader().getResourceAsStream(FOLDER + name);
  }

  /** Reads lines {@code folder NAME} and {@code file BYTES CRC32C SHA256 NAME}. */
  static BundledNatives parse(String manifest) {
    String folder = "";
    List<Entry> files = new ArrayList<>();
    for (String line : manifest.lines().toList()) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "folder" -> folder = plainName(words, 2);
        case "file" -> files.add(entry(words, line));
        default -> {}
      }
    }
    if (folder.isEmpty() || files.isEmpty()) {
      throw malformed("it names no " + (folder.isEmpty() ? "folder" : "file"));
    }
    return new BundledNatives(folder, List.copyOf(files));
  }

  private static Entry entry(String[] words, String line) {
    String name = plainName(words, 5);
    try {
      long bytes = Long.parseLong(words[1]);
      if (bytes >= 0 && bytes <= MAX_FILE_BYTES) {
        return new Entry(name, bytes, Long.parseLong(words[2], 16), words[3]);
      }
    } catch (NumberFormatException e) {
      throw malformed(line);
    }
    throw malformed(line);
  }

  /** The last of {@code count} words: letters, digits and {@code _.-}, not starting with a dot. */
  private static String plainName(String[] words, int count) {
    if (words.length != count) {
      throw malformed(String.join(" ", words));
    }
    String name = words[count - 1];
    boolean plain =
        !name.isEmpty()
            && name.charAt(0) != '.'
            && name.chars()
                .allMatch(
                    c ->
                        c >= 'a' && c <= 'z'
                            || c >= 'A' && c <= 'Z'
                            || c >= '0' && c <= '9'
                            || "_.-".indexOf(c) >= 0);
    if (!plain) {
      throw malformed(name);
    }
    return name;
  }

  private static NativeLoadException malformed(String what) {
    return new NativeLoadException("the natives jar is damaged: " + FOLDER + "manifest: " + what);
  }
}
