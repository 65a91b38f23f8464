package dev.myelin.bindings.loader;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The folders in which natives may be unpacked, in this order: the system property {@code
 * myelin.natives.cache}; the user's cache folder; a private one in the temporary folder.
 */
final class CacheRoots {
  private static final String PROPERTY = "myelin.natives.cache";

  private CacheRoots() {}

  /**
   * A folder that holds one folder for each version.
   *
   * @param inTemporary whether its parent is the temporary folder, which every user can write
   */
  record Root(Path folder, boolean inTemporary) {
    /** Creates it, with mode 0700 where it is missing. */
    void create() throws IOException {
      if (inTemporary) {
        PrivateFolder.create(folder);
        return;
      }
      Files.createDirectories(folder.getParent());
      PrivateFolder.create(folder);
    }
  }

  /** If the property is set, only its folder. */
  static List<Root> all() {
    String chosen = System.getProperty(PROPERTY);
    if (chosen != null && !chosen.isBlank()) {
      return List.of(new Root(Path.of(chosen).toAbsolutePath(), false));
    }
    List<Root> roots = new ArrayList<>();
    Path user = userCache();
    if (user != null) {
      roots.add(new Root(user.resolve("myelin").resolve("natives"), false));
    }
    Path temporary = absolute(System.getProperty("java.io.tmpdir"));
    if (temporary != null) {
      String name = "myelin-natives-" + PrivateFolder.userId();
      roots.add(new Root(temporary.resolve(name), true));
    }
    return roots;
  }

  /** Null if there is none. */
  private static Path userCache() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (os.startsWith("windows")) {
      return absolute(System.getenv("LOCALAPPDATA"));
    }
    Path xdg = absolute(System.getenv("XDG_CACHE_HOME"));
    if (xdg != null) {
      return xdg;
    }
    Path home = absolute(System.getenv("HOME"));
    if (home == null) {
      home = absolute(System.getProperty("user.home"));
    }
    return home == null ? null : home.resolve(os.startsWith("mac") ? "Library/Caches" : ".cache");
  }

  /** The path, if it is absolute; else null. */
  private static Path absolute(String path) {
    try {
      Path p = path == null ? Path.of("") : Path.of(path);
      return p.isAbsolute() ? p : null;
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /** Why a folder cannot be used, without its path. */
  static String reason(Exception e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "it cannot be created";
    }
    if (e instanceof java.nio.file.FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    return String.valueOf(e.getMessage());
  }
}
