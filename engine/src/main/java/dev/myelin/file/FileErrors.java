package dev.myelin.file;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What went wrong with a file, in a few words: messages of the JDK often repeat its name only. */
public final class FileErrors {
  private FileErrors() {}

  /** The reason, to stand after the file's name: {@code permission denied} for one. */
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

  /** {@code No space left on device} goes on a line; {@code EOF} stays as it is. */
  private static String lowerCaseFirst(String text) {
    boolean isWord = text.length() > 1 && !Character.isUpperCase(text.charAt(1));
    return isWord ? Character.toLowerCase(text.charAt(0)) + text.substring(1) : text;
  }
}
