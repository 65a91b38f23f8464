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

  /** The files in the order of their paths, the same on every system. */
  List<Path> files() {
    try {
      Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, this);
    } catch (IOException e) {
      throw TextFile.unreadable(folder, e);
    }
    files.sort(Comparator.comparing(this::name));
    return files;
  }

  /** Whether this file would be among them, by its real place. */
  boolean holds(Path file) {
    try {
      Path inside = file.toAbsolutePath().getParent().toRealPath();
      Path real = folder.toRealPath();
      if (!inside.startsWith(real)) {
        return false;
      }
      for (Path name : real.relativize(inside).resolve(file.getFileName())) {
        if (name.toString().startsWith(".")) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false; // no such folder, which whoever writes there will say
    }
  }

  @Override
  public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
    return isHidden(path) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
    // a link to nothing is kept: reading it fails, rather than that text is left out in silence
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

  private String name(Path file) {
    return folder.relativize(file).toString().replace(File.separatorChar, '/');
  }
}
