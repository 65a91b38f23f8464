package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.Platform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the libraries are. Each is taken from the first of these that has it: the folder in the
 * system property {@code myelin.library.path}; the project or installation, {@code myelin.home};
 * the natives jar.
 */
final class LibraryFolders {
  static final String LIBRARY_PATH = "myelin.library.path";
  private static final String HOME = "myelin.home";

  /** Null before the first call of {@link #unpacked}. */
  private static Optional<Path> unpacked;

  private LibraryFolders() {}

  /** The folder of the project or installation; the current folder is not trusted. */
  static Optional<Path> home() {
    return folder(System.getProperty(HOME, System.getenv("MYELIN_HOME")));
  }

  /** The folder that {@code myelin.library.path} names. */
  static Optional<Path> libraryPath() {
    Optional<Path> folder = folder(System.getProperty(LIBRARY_PATH));
    if (folder.isPresent() && !Files.isDirectory(folder.get())) {
      throw new NativeLoadException(LIBRARY_PATH + "=" + folder.get() + " is no folder");
    }
    return folder;
  }

  private static Optional<Path> folder(String name) {
    return name == null || name.isBlank()
        ? Optional.empty()
        : Optional.of(Path.of(name).toAbsolutePath().normalize());
  }

  /** The folder with the unpacked files of the natives jar, if there is such a jar. */
  static synchronized Optional<Path> unpacked() {
    if (unpacked == null) {
      unpacked = BundledNatives.find().map(NativesCache::unpack);
    }
    return unpacked;
  }

  /** The path of libmyelin. */
  static Path kernels() {
    String name = System.mapLibraryName("myelin");
    String named = System.getProperty("myelin.kernels");
    if (named != null) {
      return required(Path.of(named).toAbsolutePath());
    }
    Optional<Path> file = libraryPath().map(f -> f.resolve(name)).filter(Files::isRegularFile);
    if (file.isPresent()) {
      return file.get();
    }
    Optional<Path> home = home();
    if (home.isPresent()) {
      return required(home.get().resolve("native/build/lib").resolve(name));
    }
    return unpacked().map(f -> f.resolve(name)).orElseThrow(LibraryFolders::missing);
  }

  private static Path required(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new NativeLoadException(
          "no " + file.getFileName() + " at " + file.getParent() + "; `make build` compiles it");
    }
    return file;
  }

  /** What to do if there is no library at all. */
  static NativeLoadException missing() {
    return new NativeLoadException(
        "there are no native libraries: add dev.myelin:myelin-natives with the classifier "
            + Platform.current().classifier()
            + " to the application, or name their folder by the system property "
            + LIBRARY_PATH
            + ", or an installation by "
            + HOME
            + " or MYELIN_HOME");
  }
}
