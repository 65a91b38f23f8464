package dev.myelin.bindings.loader;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Linker;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * Folders and files that nobody but this user (and root) can write. Symbolic links are not
 * followed. On Windows the permissions of the user's profile are relied on. Thread-safe.
 */
public final class PrivateFolder {
  private static final boolean POSIX = !System.getProperty("os.name").startsWith("Windows");
  private static final FileAttribute<?>[] MODE_700 = mode("rwx------");
  private static final FileAttribute<?>[] MODE_600 = mode("rw-------");

  private static final int GROUP_OR_OTHERS_WRITE = 0022;

  private PrivateFolder() {}

  private static FileAttribute<?>[] mode(String permissions) {
    return POSIX
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  /**
   * Creates a folder with mode 0700 if it does not exist; its parent must exist.
   *
   * @throws IOException if it cannot be created, or exists and belongs to another user or can be
   *     written by others
   */
  public static void create(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      try {
        Files.createDirectory(folder, MODE_700);
      } catch (FileAlreadyExistsException e) {
        // another process was faster
      }
    }
    Map<String, Object> is = attributes(folder);
    if (!(boolean) is.get("isDirectory")) {
      throw new IOException("it is no folder");
    }
    String reason = reasonForMistrust(is);
    if (!reason.isEmpty()) {
      throw new IOException(reason);
    }
  }

  /** Opens a new file with mode 0600. */
  static OutputStream newFile(Path file) throws IOException {
    return Channels.newOutputStream(
        Files.newByteChannel(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), MODE_600));
  }

  /** Whether this is a regular file of this size that nobody else can write. */
  static boolean isPrivateFile(Path file, long bytes) {
    try {
      Map<String, Object> is = attributes(file);
      return (boolean) is.get("isRegularFile")
          && (long) is.get("size") == bytes
          && reasonForMistrust(is).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private static Map<String, Object> attributes(Path path) throws IOException {
    String names = "isDirectory,isRegularFile,size";
    return Files.readAttributes(
        path, POSIX ? "unix:uid,mode," + names : names, LinkOption.NOFOLLOW_LINKS);
  }

  private static String reasonForMistrust(Map<String, Object> attributes) {
    if (!POSIX) {
      return "";
    }
    int owner = (int) attributes.get("uid");
    if (owner != 0 && owner != userId()) {
      return "it belongs to another user, " + owner;
    }
    int mode = (int) attributes.get("mode");
    return (mode & GROUP_OR_OTHERS_WRITE) == 0 ? "" : "other users can write to it";
  }

  /** The effective user of this process; 0 where the system has no users. */
  static int userId() {
    return POSIX ? UserId.VALUE : 0;
  }

  private static final class UserId {
    static final int VALUE = ask();

    private static int ask() {
      try {
        return NativeLibraries.callInt(
            Linker.nativeLinker().defaultLookup().findOrThrow("geteuid"));
      } catch (Throwable e) {
        throw new AssertionError("geteuid cannot fail", e);
      }
    }
  }
}
