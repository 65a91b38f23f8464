package dev.myelin.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Creates a file with the mode and owner of the file that it will replace, or a private one. */
final class OwnerAndMode {
  private static final Set<StandardOpenOption> CREATE_NEW =
      EnumSet.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private OwnerAndMode() {}

  /**
   * Creates a file with the attributes of {@code original}. Until they are set, only the owner can
   * read it.
   */
  static FileChannel create(Path file, Path original) throws IOException {
    FileChannel channel = createPrivate(file);
    if (!hasOwner(file)) {
      return channel;
    }
    try {
      copyOwner(original, file);
      Files.setPosixFilePermissions(file, Files.getPosixFilePermissions(original));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return channel;
  }

  /** Creates a file that only its owner can read and write. */
  static FileChannel createPrivate(Path file) throws IOException {
    return hasOwner(file)
        ? FileChannel.open(file, CREATE_NEW, OWNER_ONLY)
        : FileChannel.open(file, CREATE_NEW);
  }

  private static boolean hasOwner(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  private static void copyOwner(Path from, Path to) throws IOException {
    Map<String, Object> expected = Files.readAttributes(from, "unix:uid,gid");
    Map<String, Object> actual = Files.readAttributes(to, "unix:uid,gid");
    for (String id : expected.keySet()) {
      if (!expected.get(id).equals(actual.get(id))) {
        try {
          Files.setAttribute(to, "unix:" + id, expected.get(id), LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
          // only root may change the owner
        }
      }
    }
  }
}
