package dev.myelin.snapshot;

import dev.myelin.diagnostics.Log;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.file.FileErrors;
import dev.myelin.natives.KernelsLibrary;
import dev.myelin.state.PageTable;
import dev.myelin.state.SequencePages;
import dev.myelin.state.StateBlock;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The full pages of prompts in a folder, for later prompts that begin with the same tokens, of this
 * or other processes. A page has a file for each class of states, named by a hash of the model and
 * of all tokens up to the page's end. Files that were not used for the longest time are deleted
 * when the folder exceeds its limit; damaged files are deleted and computed again. Any number of
 * processes may use a folder. Thread-safe.
 */
public final class PromptCache {
  /** The limit unless another one is given: 2 GB. */
  public static final long DEFAULT_BYTES = 2_000_000_000L;

  private final PageFolder folder;

  private PromptCache(PageFolder folder) {
    this.folder = folder;
  }

  /**
   * Opens a folder, and creates it if it does not exist, for this user only.
   *
   * @param maxBytes the limit of all files together
   * @throws ModelFileException if it cannot be used, or others can write to it
   */
  public static PromptCache open(Path folder, long maxBytes) {
    if (maxBytes < 1) {
      throw new InvalidRequestException("prompt cache of " + maxBytes + " bytes: expected more");
    }
    try {
      return new PromptCache(PageFolder.open(folder, maxBytes));
    } catch (IOException e) {
      throw new ModelFileException(
          folder, "cannot be used as prompt cache: " + FileErrors.describe(e), e);
    }
  }

  /** How a sequence's memory is accessed: what concerns its pages runs under a lock. */
  public interface Access {
    SequencePages pages();

    /** Runs an action while nobody else uses the states. */
    <T> T locked(Supplier<T> action);
  }

  /**
   * Continues a sequence after the longest beginning that is known.
   *
   * @param tokens those of the sequence, and the next ones
   * @param at number of tokens of the sequence, the end of a page
   * @param limit the number of tokens that may be known at most
   * @return the number of tokens that the sequence has now, {@code at} if nothing is known; the
   *     caller then says so: {@link SequencePages#filled}
   */
  public int load(SnapshotKey key, Access access, int[] tokens, int at, int limit) {
    PageNames names = names(key, tokens, limit / PageTable.PAGE);
    Map<String, Boolean> exists = new HashMap<>();
    SequencePages.Stored stored =
        (kind, index) -> exists.computeIfAbsent(names.of(kind, index), folder::has);
    while (true) {
      int pages = access.locked(() -> access.pages().reachable(at, limit / PageTable.PAGE, stored));
      if (pages == 0) {
        return at;
      }
      List<StateBlock> blocks;
      try {
        blocks = access.locked(() -> access.pages().reserve(at, pages));
      } catch (MyelinException e) {
        return at; // no room: computing them tells the caller
      }
      @Nullable String bad;
      try {
        bad = read(blocks, names);
      } catch (Throwable e) {
        access.locked(() -> abandon(access));
        throw e;
      }
      if (bad == null) {
        return pages * PageTable.PAGE;
      }
      exists.put(bad, false);
      access.locked(() -> abandon(access));
    }
  }

  private static Void abandon(Access access) {
    access.pages().abandon();
    return null;
  }

  /** Fills blocks; returns the name of the first that cannot be read, or null. */
  private @Nullable String read(List<StateBlock> blocks, PageNames names) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(largest(blocks));
      for (StateBlock block : blocks) {
        String name = names.of(block.kind(), block.index());
        MemorySegment bytes = buffer.asSlice(0, block.bytes());
        if (!folder.read(name, bytes)) {
          return name;
        }
        block.write(bytes);
      }
    }
    List<String> used = new ArrayList<>();
    for (StateBlock block : blocks) {
      used.add(names.of(block.kind(), block.index()));
    }
    folder.touch(used);
    return null;
  }

  private static long largest(List<StateBlock> blocks) {
    long largest = 1;
    for (StateBlock block : blocks) {
      largest = Math.max(largest, block.bytes());
    }
    return largest;
  }

  /**
   * Writes the full pages of a sequence that are not in the folder yet. If that fails, the log says
   * so, once.
   *
   * @param tokens those of the sequence
   */
  public void store(SnapshotKey key, Access access, int[] tokens, int length) {
    PageNames names = names(key, tokens, length / PageTable.PAGE);
    List<StateBlock> blocks = access.locked(() -> access.pages().retain(length));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(largest(blocks));
      List<String> used = new ArrayList<>();
      for (StateBlock block : blocks) {
        String name = names.of(block.kind(), block.index());
        used.add(name);
        if (!folder.has(name)) {
          MemorySegment bytes = buffer.asSlice(0, block.bytes());
          block.read(bytes);
          folder.write(name, bytes);
        }
      }
      folder.touch(used);
      folder.limit();
    } catch (IOException | MyelinException e) {
      if (Log.isWarning() && folder.isFirstFailure()) {
        Log.warning("prompt cache " + folder.path() + ": cannot be written: " + e.getMessage());
      }
    } finally {
      access.locked(
          () -> {
            blocks.forEach(StateBlock::release);
            return null;
          });
    }
  }

  private static PageNames names(SnapshotKey key, int[] tokens, int pages) {
    // kernels of another instruction set may round otherwise
    return PageNames.of(key, KernelsLibrary.kernelIsa(), tokens, pages);
  }
}
