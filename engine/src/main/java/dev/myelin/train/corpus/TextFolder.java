package dev.myelin.train.corpus;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;

/** The files of a folder and its subfolders that are not hidden. */
final class TextFolder extends SimpleFileVisitor<Path> {
  private final Path folder;
  private final List<Path> files = new ArrayList<>();

  TextFolder(Path folder) {
    this.folder = folder;
  }

  /** The files, sorted by path in the same way on every system. */
  List<Path> files() {
    try {
      Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, this);
    } catch (IOException e) {
      throw TextFile.unreadable(folder, e);
    }
    files.sort(Comparator.comparing(this::relativeName));
    return files;
  }

  /** Whether a file would be one of them, by its real path. */
  boolean contains(Path file) {
    try {
      Path parent = file.toAbsolutePath().getParent().toRealPath();
      Path realFolder = folder.toRealPath();
      if (!parent.startsWith(realFolder)) {
        return false;
      }
      for (Path name : realFolder.relativize(parent).resolve(file.getFileName())) {
        if (name.toString().startsWith(".")) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false; // no such folder: writing the file will fail
    }
  }

  @Override
  public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
    return isHidden(path) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
    // a broken link is kept: reading it fails, so that no text is skipped silently
    if (!isHidden(path) && (attributes.isRegularFile() || attributes.isSymbolicLink())) {
      files.add(path);
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFileFailed(Path path, IOException e) {
    throw TextFile.unreadable(path, e);
  }

  private boolean isHidden(Path path) {
    return !path.equals(folder) && path.getFileName().toString().startsWith(".");
  }

  private String relativeName(Path file) {
    return folder.relativize(file).toString().replace(File.separatorChar, '/');
  }
}
