package dev.myelin.file;

import dev.myelin.error.ModelFileException;
import java.io.IOException;
import java.nio.file.AccessMode;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Where the bytes of an output go, once symbolic links are followed.
 *
 * @param named as the user named it, for messages
 * @param place the file itself, absolute; it need not exist
 * @param kind what is there
 */
record Target(Path named, Path place, Kind kind) {
  private static final int MOST_LINKS = 40;

  /** Where a process's open files are: what these names lead to may have no name of its own. */
  private static final Path OPEN_FILES = Path.of("/proc");

  /** The same on systems without /proc; elsewhere a link to a folder there. */
  private static final Path DESCRIPTORS = Path.of("/dev/fd");

  enum Kind {
    /** Nothing yet. */
    NEW,
    /** A file, which is replaced. */
    FILE,
    /** A device, a pipe or an open file, which is written to. */
    THROUGH
  }

  /**
   * Follows links.
   *
   * @throws ModelFileException if it is a folder, or in none
   */
  static Target of(Path named) {
    try {
      Path place = follow(named.toAbsolutePath());
      return new Target(named, place, kind(named, place));
    } catch (IOException e) {
      throw failed(named, e);
    }
  }

  private static Path follow(Path from) throws IOException {
    Path place = from;
    for (int i = 0; Files.isSymbolicLink(place); i++) {
      Path folder = realFolder(place);
      if (isOpenFile(folder)) {
        return folder.resolve(place.getFileName());
      }
      if (i == MOST_LINKS) {
        throw new FileSystemException(from.toString(), null, "too many symbolic links");
      }
      place = place.resolveSibling(Files.readSymbolicLink(place));
    }
    return place;
  }

  private static boolean isOpenFile(Path folder) {
    return folder.startsWith(OPEN_FILES) || folder.equals(DESCRIPTORS);
  }

  private static Path realFolder(Path place) throws IOException {
    Path folder = place.getParent();
    return folder == null ? place : folder.toRealPath();
  }

  private static Kind kind(Path named, Path place) throws IOException {
    BasicFileAttributes found;
    try {
      found = Files.readAttributes(place, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return Kind.NEW;
    }
    if (found.isDirectory()) {
      throw new ModelFileException(named, "this is a folder", "expected a file to write");
    }
    boolean through = !found.isRegularFile() || isOpenFile(place.getParent());
    return through ? Kind.THROUGH : Kind.FILE;
  }

  Path folder() {
    return place.getParent();
  }

  /**
   * Finds out whether it may be written and whether there is room.
   *
   * @param bytes how many; 0 where that is not known
   * @throws ModelFileException naming the file and the reason
   */
  void require(long bytes) {
    try {
      if (kind != Kind.NEW) {
        place.getFileSystem().provider().checkAccess(place, AccessMode.WRITE);
      }
      if (kind == Kind.THROUGH) {
        return;
      }
      Path folder = folder();
      if (folder == null || !Files.isDirectory(folder)) {
        throw new FileSystemException(named.toString(), null, "no such folder" + followed());
      }
      folder.getFileSystem().provider().checkAccess(folder, AccessMode.WRITE, AccessMode.EXECUTE);
    } catch (IOException e) {
      throw failed(named, e);
    }
    if (room() < bytes) {
      String need = bytes + " bytes are needed, " + room() + " are free";
      throw new ModelFileException(named, "cannot be written: no space left on device", need);
    }
  }

  /** Bytes that may still be written there, the most where that is not known. */
  long room() {
    try {
      FileStore disk = Files.getFileStore(folder());
      return disk.getTotalSpace() == 0 ? Long.MAX_VALUE : disk.getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE; // a mount that is not listed, as in a chroot
    }
  }

  private String followed() {
    return Files.isSymbolicLink(named) ? " for " + place + ", where the link leads" : "";
  }

  static ModelFileException failed(Path named, IOException e) {
    return new ModelFileException(named, "cannot be written: " + FileReason.of(e), e);
  }

  /** Whether this is the standard output of this process, by a path such as /dev/stdout. */
  boolean isStandardOutput() {
    try {
      return place.equals(DESCRIPTORS.resolve("1"))
          || place.startsWith(OPEN_FILES)
              && place.equals(OPEN_FILES.resolve("self").toRealPath().resolve("fd/1"));
    } catch (IOException e) {
      return false;
    }
  }
}
