package dev.myelin.file;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Short descriptions of I/O errors. The messages of the JDK often contain only the file name. */
public final class FileErrors {
  private FileErrors() {}

  /** The cause of an error, to follow the file name: {@code permission denied}. */
  public static String describe(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "exists already";
    }
    if (e instanceof ClosedByInterruptException) {
      return "the thread was interrupted";
    }
    String text = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    if ("Is a directory".equals(text)) {
      return "this is a folder";
    }
    return text == null || text.isBlank() ? e.getClass().getSimpleName() : lowerCaseFirst(text);
  }

  /** Lower-cases {@code No space left on device}, but keeps {@code EOF}. */
  private static String lowerCaseFirst(String text) {
    boolean isWord = text.length() > 1 && !Character.isUpperCase(text.charAt(1));
    return isWord ? Character.toLowerCase(text.charAt(0)) + text.substring(1) : text;
  }
}
