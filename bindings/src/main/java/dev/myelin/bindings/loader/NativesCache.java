package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.loader.BundledNatives.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Unpacks the libraries of a natives jar into a folder that only this user can write. Every call
 * compares type, owner, permissions, size and CRC-32C of every file, and writes again what differs.
 *
 * <p>The CRC finds damage and files of other builds. A process of the same user that writes a
 * library with the same CRC could as well change the jar, or the file after the check: no checksum
 * prevents that, and SHA-256 of all files would take longer than the rest of loading.
 */
final class NativesCache {
  private static final String LOCK = ".lock";
  private static final String TEMPORARY = ".tmp-";
  private static final int BUFFER_BYTES = 128 << 10;

  /** One lock for all class loaders: file locks are held by the process. */
  private static final Object PROCESS_LOCK = "dev.myelin.bindings.loader.NativesCache".intern();

  private NativesCache() {}

  /**
   * The folder with all files of {@code natives}.
   *
   * @throws NativeLoadException if no folder can be used; says why for each
   */
  static Path unpack(BundledNatives natives) {
    List<String> reasons = new ArrayList<>();
    for (CacheRoots.Root root : CacheRoots.all()) {
      Path folder = root.folder().resolve(natives.folderName());
      try {
        root.create();
        PrivateFolder.create(folder);
        fill(folder, natives.files());
        return folder;
      } catch (IOException | SecurityException e) {
        reasons.add(folder + ": " + CacheRoots.reason(e));
      }
    }
    try {
      return unpackForThisProcess(natives);
    } catch (IOException e) {
      reasons.add(System.getProperty("java.io.tmpdir") + ": " + CacheRoots.reason(e));
    }
    throw new NativeLoadException(
        "no folder for the native libraries can be used: "
            + String.join("; ", reasons)
            + "; unpack them and set the system property myelin.library.path");
  }

  /** In a folder of its own, which is deleted when the JVM ends. */
  private static Path unpackForThisProcess(BundledNatives natives) throws IOException {
    Path folder = Files.createTempDirectory("myelin-natives-");
    folder.toFile().deleteOnExit();
    folder.resolve(LOCK).toFile().deleteOnExit();
    for (Entry file : natives.files()) {
      folder.resolve(file.name()).toFile().deleteOnExit();
    }
    fill(folder, natives.files());
    return folder;
  }

  /** Writes the files that are missing or differ. */
  static void fill(Path folder, List<Entry> files) throws IOException {
    if (invalid(folder, files).isEmpty()) {
      return;
    }
    synchronized (PROCESS_LOCK) {
      try (FileChannel lock = openLock(folder)) {
        if (lock != null) {
          deleteTemporaries(folder);
        }
        for (Entry file : invalid(folder, files)) {
          write(folder, file);
        }
      }
    }
    for (Entry file : invalid(folder, files)) {
      throw new IOException(file.name() + " differs from what was written");
    }
  }

  private static List<Entry> invalid(Path folder, List<Entry> files) throws IOException {
    List<Entry> invalid = new ArrayList<>();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (Entry file : files) {
      Path path = folder.resolve(file.name());
      if (!PrivateFolder.isPrivateFile(path, file.bytes()) || crc(path, buffer) != file.crc32c()) {
        invalid.add(file);
      }
    }
    return invalid;
  }

  private static long crc(Path file, byte[] buffer) throws IOException {
    CRC32C crc = new CRC32C();
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      int n;
      while ((n = in.read(buffer)) > 0) {
        crc.update(buffer, 0, n);
      }
    }
    return crc.getValue();
  }

  /**
   * Waits until no other process writes. Null where the file system has no locks, or the thread is
   * interrupted: renaming keeps the folder whole without one.
   */
  private static FileChannel openLock(Path folder) {
    try {
      FileChannel channel =
          FileChannel.open(
              folder.resolve(LOCK),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS);
      try {
        channel.lock();
        return channel;
      } catch (IOException | RuntimeException e) {
        channel.close();
        return null;
      }
    } catch (IOException e) {
      return null;
    }
  }

  /** Deletes what killed processes left; called by the one that holds the lock. */
  private static void deleteTemporaries(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, TEMPORARY + "*")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Writes a file under another name and renames it: nobody sees a part of it. */
  private static void write(Path folder, Entry file) throws IOException {
    String suffix = ProcessHandle.current().pid() + "-" + System.nanoTime();
    Path temporary = folder.resolve(TEMPORARY + suffix);
    try {
      copyChecked(file, temporary);
      temporary.toFile().setReadOnly();
      Files.move(
          temporary,
          folder.resolve(file.name()),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void copyChecked(Entry file, Path to) throws IOException {
    MessageDigest sha256 = sha256();
    long bytes = 0;
    try (InputStream in = BundledNatives.open(file);
        OutputStream out = PrivateFolder.newFile(to)) {
      if (in == null) {
        throw damaged(file, "it is missing");
      }
      byte[] buffer = new byte[BUFFER_BYTES];
      int n;
      while (bytes <= file.bytes() && (n = in.read(buffer)) > 0) {
        sha256.update(buffer, 0, n);
        out.write(buffer, 0, n);
        bytes += n;
      }
    }
    String sum = HexFormat.of().formatHex(sha256.digest());
    if (bytes != file.bytes() || !sum.equals(file.sha256())) {
      throw damaged(file, "its SHA-256 is " + sum + ", the manifest has " + file.sha256());
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JVM has SHA-256", e);
    }
  }

  private static NativeLoadException damaged(Entry file, String why) {
    return new NativeLoadException("the natives jar is damaged: " + file.name() + ": " + why);
  }
}
