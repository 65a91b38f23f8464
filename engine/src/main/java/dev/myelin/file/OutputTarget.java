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
 * The destination of an output after following symbolic links.
 *
 * @param requested the path that the user gave, for messages
 * @param path the file itself, absolute; it need not exist
 * @param kind what exists there
 */
record OutputTarget(Path requested, Path path, Kind kind) {
  private static final int MAX_LINKS = 40;

  /** Links in /proc/PID/fd may point to files without a name. */
  private static final Path PROC = Path.of("/proc");

  /** The same on systems without /proc. On Linux, a link to /proc/self/fd. */
  private static final Path DEV_FD = Path.of("/dev/fd");

  enum Kind {
    /** Does not exist. */
    NEW,
    /** A regular file, to be replaced. */
    FILE,
    /** A device, a pipe or an open file, to be written to. */
    STREAM
  }

  /**
   * Follows symbolic links.
   *
   * @throws ModelFileException if it is a folder, or its folder does not exist
   */
  static OutputTarget of(Path requested) {
    try {
      Path path = followLinks(requested.toAbsolutePath());
      return new OutputTarget(requested, path, kind(requested, path));
    } catch (IOException e) {
      throw writeError(requested, e);
    }
  }

  private static Path followLinks(Path from) throws IOException {
    Path path = from;
    for (int i = 0; Files.isSymbolicLink(path); i++) {
      Path folder = realFolder(path);
      if (isOpenFile(folder)) {
        return folder.resolve(path.getFileName());
      }
      if (i == MAX_LINKS) {
        throw new FileSystemException(from.toString(), null, "too many symbolic links");
      }
      path = path.resolveSibling(Files.readSymbolicLink(path));
    }
    return path;
  }

  private static boolean isOpenFile(Path folder) {
    return folder.startsWith(PROC) || folder.equals(DEV_FD);
  }

  private static Path realFolder(Path path) throws IOException {
    Path folder = path.getParent();
    return folder == null ? path : folder.toRealPath();
  }

  private static Kind kind(Path requested, Path path) throws IOException {
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return Kind.NEW;
    }
    if (attributes.isDirectory()) {
      throw new ModelFileException(requested, "this is a folder", "expected a file to write");
    }
    boolean isStream = !attributes.isRegularFile() || isOpenFile(path.getParent());
    return isStream ? Kind.STREAM : Kind.FILE;
  }

  Path folder() {
    return path.getParent();
  }

  /**
   * Checks permission and free space.
   *
   * @param bytes expected size; 0 if unknown
   * @throws ModelFileException naming the file and the reason
   */
  void requireWritable(long bytes) {
    try {
      if (kind != Kind.NEW) {
        path.getFileSystem().provider().checkAccess(path, AccessMode.WRITE);
      }
      if (kind == Kind.STREAM) {
        return;
      }
      Path folder = folder();
      if (folder == null || !Files.isDirectory(folder)) {
        throw new FileSystemException(requested.toString(), null, "no such folder" + linkNote());
      }
      folder.getFileSystem().provider().checkAccess(folder, AccessMode.WRITE, AccessMode.EXECUTE);
    } catch (IOException e) {
      throw writeError(requested, e);
    }
    if (freeBytes() < bytes) {
      String need = bytes + " bytes are needed, " + freeBytes() + " are free";
      throw new ModelFileException(requested, "cannot be written: no space left on device", need);
    }
  }

  /** Free bytes on the disk; {@link Long#MAX_VALUE} if unknown. */
  long freeBytes() {
    try {
      FileStore disk = Files.getFileStore(folder());
      return disk.getTotalSpace() == 0 ? Long.MAX_VALUE : disk.getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE; // the mount is not listed, for example in a chroot
    }
  }

  private String linkNote() {
    return Files.isSymbolicLink(requested) ? " for " + path + ", the target of the link" : "";
  }

  static ModelFileException writeError(Path path, IOException e) {
    return new ModelFileException(path, "cannot be written: " + FileErrors.describe(e), e);
  }

  /** Whether the path is the standard output of this process, such as /dev/stdout. */
  boolean isStandardOutput() {
    try {
      return path.equals(DEV_FD.resolve("1"))
          || path.startsWith(PROC)
              && path.equals(PROC.resolve("self").toRealPath().resolve("fd/1"));
    } catch (IOException e) {
      return false;
    }
  }
}
