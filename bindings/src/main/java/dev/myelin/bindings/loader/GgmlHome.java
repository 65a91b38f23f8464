package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.Platform;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a ggml build. Search order: {@code myelin.library.path}; {@code GGML_HOME}; with
 * {@code myelin.home}, a system install (pkg-config's {@code ggml.pc}, which is parsed here) and
 * the pinned build that {@code make} downloads; without, the natives jar and then a system install.
 */
record GgmlHome(Path directory, String origin) {
  private static final String SUFFIX = "(\\.v?[0-9.]+)?\\.(so|dylib|dll)(\\.[0-9.]+)?";
  private static final Pattern BASE = Pattern.compile("(lib)?ggml-base" + SUFFIX);
  private static final Pattern MAIN = Pattern.compile("(lib)?ggml" + SUFFIX);
  private static final Pattern CPU = Pattern.compile("(lib)?ggml-cpu(-[a-z0-9_.]+)?" + SUFFIX);
  private static final Pattern LLAMA = Pattern.compile("(lib)?llama" + SUFFIX);
  private static final Pattern PC_LINE = Pattern.compile("(\\w+)=(.*)");

  static GgmlHome find() {
    Optional<Path> path = LibraryFolders.libraryPath();
    if (path.isPresent() && library(path.get(), BASE).isPresent()) {
      return new GgmlHome(path.get(), LibraryFolders.LIBRARY_PATH);
    }
    String ggmlHome = System.getenv("GGML_HOME");
    if (ggmlHome != null && !ggmlHome.isBlank()) {
      Path directory = Path.of(ggmlHome).toAbsolutePath();
      for (Path d : List.of(directory, directory.resolve("lib"), directory.resolve("bin"))) {
        if (library(d, BASE).isPresent()) {
          return new GgmlHome(d, "GGML_HOME");
        }
      }
      throw new NativeLoadException(
          "GGML_HOME=" + ggmlHome + ": no libggml-base found there, nor in its lib or bin folder");
    }
    Optional<Path> home = LibraryFolders.home();
    // A natives jar is tested with its own ggml.
    Optional<Path> unpacked = home.isPresent() ? Optional.empty() : LibraryFolders.unpacked();
    if (unpacked.isPresent()) {
      return new GgmlHome(unpacked.get(), "jar");
    }
    Optional<Path> system = systemDirectory();
    if (system.isPresent()) {
      return new GgmlHome(system.get(), "system");
    }
    return pinned(home.orElseThrow(LibraryFolders::missing));
  }

  private static GgmlHome pinned(Path home) {
    Path pinned = home.resolve("native/build/ggml").resolve(Platform.current().ggmlName());
    if (library(pinned, BASE).isPresent()) {
      return new GgmlHome(pinned, "pinned");
    }
    throw new NativeLoadException(
        "no ggml library found: not in GGML_HOME (unset), not installed (no ggml.pc), not at "
            + pinned
            + "; `make build` downloads the pinned one");
  }

  Path baseLibrary() {
    return required(BASE, "libggml-base");
  }

  Path mainLibrary() {
    return required(MAIN, "libggml");
  }

  /** The libllama in the same folder, if there is one. */
  Optional<Path> llamaLibrary() {
    return library(directory, LLAMA);
  }

  /** All CPU libraries of this build; Debian has them in a subfolder. */
  List<Path> cpuLibraries() {
    List<Path> found = new ArrayList<>(libraries(directory, CPU));
    Path backends = directory.resolve("ggml");
    if (Files.isDirectory(backends)) {
      try (Stream<Path> folders = Files.list(backends)) {
        folders
            .filter(f -> f.getFileName().toString().startsWith("backends"))
            .forEach(f -> found.addAll(libraries(f, CPU)));
      } catch (IOException e) {
        throw new NativeLoadException("cannot list " + backends + ": " + e.getMessage(), e);
      }
    }
    return found;
  }

  private Path required(Pattern name, String what) {
    return library(directory, name)
        .orElseThrow(() -> new NativeLoadException("no " + what + " in " + directory));
  }

  private static Optional<Path> library(Path directory, Pattern name) {
    return libraries(directory, name).stream().findFirst();
  }

  /** Matching files, shortest name first: {@code libggml.so} before {@code libggml.so.0.25.1}. */
  private static List<Path> libraries(Path directory, Pattern name) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(f -> name.matcher(f.getFileName().toString()).matches())
          .sorted(
              Comparator.<Path>comparingInt(f -> f.getFileName().toString().length())
                  .thenComparing(Comparator.naturalOrder()))
          .toList();
    } catch (IOException e) {
      throw new NativeLoadException("cannot list " + directory + ": " + e.getMessage(), e);
    }
  }

  private static Optional<Path> systemDirectory() {
    List<Path> folders = new ArrayList<>();
    String path = System.getenv("PKG_CONFIG_PATH");
    if (path != null) {
      for (String p : path.split(File.pathSeparator)) {
        // An empty one means the current folder, which is not trusted.
        if (Path.of(p).isAbsolute()) {
          folders.add(Path.of(p));
        }
      }
    }
    for (String prefix : List.of("/usr/local", "/usr", "/opt/homebrew")) {
      folders.add(Path.of(prefix, "lib", Platform.current().multiarch(), "pkgconfig"));
      folders.add(Path.of(prefix, "lib", "pkgconfig"));
      folders.add(Path.of(prefix, "lib64", "pkgconfig"));
      folders.add(Path.of(prefix, "share", "pkgconfig"));
    }
    return folders.stream()
        .map(f -> f.resolve("ggml.pc"))
        .filter(Files::isRegularFile)
        .map(GgmlHome::libdir)
        .flatMap(Optional::stream)
        .filter(d -> library(d, BASE).isPresent())
        .findFirst();
  }

  /** Reads the variable {@code libdir} of a pkg-config file; it must be absolute. */
  private static Optional<Path> libdir(Path pc) {
    String prefix = "";
    String execPrefix = "";
    try {
      for (String line : Files.readAllLines(pc)) {
        Matcher m = PC_LINE.matcher(line.strip());
        if (m.matches()) {
          String value =
              m.group(2).replace("${prefix}", prefix).replace("${exec_prefix}", execPrefix);
          switch (m.group(1)) {
            case "prefix" -> prefix = value;
            case "exec_prefix" -> execPrefix = value;
            case "libdir" -> {
              return Optional.of(Path.of(value)).filter(Path::isAbsolute);
            }
            default -> {}
          }
        }
      }
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
    return Optional.empty();
  }
}
