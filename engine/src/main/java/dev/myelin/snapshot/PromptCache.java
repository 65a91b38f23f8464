package dev.myelin.snapshot;

import dev.myelin.concurrent.WorkerPool;
import dev.myelin.diagnostics.Log;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.file.FileErrors;
import dev.myelin.graph.Threads;
import dev.myelin.natives.Isa;
import dev.myelin.state.SequencePages;
import dev.myelin.state.StateBlock;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The pages of prompts in a folder, for later prompts that begin with the same tokens, of this or
 * other processes. A page has a file for each class of states, named by a hash of the model and of
 * all tokens up to the page's end. Files that were not used for the longest time are deleted when
 * the folder exceeds its limit; damaged files are deleted and computed again. Any number of
 * processes may use a folder. Thread-safe.
 */
public final class PromptCache {
  /** The limit unless another one is given: 2 GB. */
  public static final long DEFAULT_BYTES = 2_000_000_000L;

  /** Threads that read pages: more than some gain nothing. */
  private static final int READERS = 4;

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

    /** Called once the sequence is known to continue after so many tokens, which are being read. */
    void reading(int length);
  }

  /**
   * Continues a sequence after the longest beginning that is known.
   *
   * @param tokens those of the sequence, and the next ones, of which one at least is left over
   * @param at number of tokens of the sequence, the end of a page
   * @return the number of tokens that the sequence has now, {@code at} if nothing is known; the
   *     caller then says so: {@link SequencePages#filled}
   */
  public int load(SnapshotKey key, Access access, int[] tokens, int at) {
    Beginnings known = new Beginnings(names(key, tokens), folder, tokens.length);
    while (true) {
      Beginnings.Found found = access.locked(() -> known.longest(access.pages(), at));
      if (found.length() <= at) {
        return at;
      }
      List<StateBlock> blocks;
      try {
        blocks = access.locked(() -> access.pages().reserve(at, found.length()));
      } catch (MyelinException e) {
        return at; // no room: computing them tells the caller
      }
      Set<String> bad;
      try {
        bad = read(blocks, found, access);
      } catch (Throwable e) {
        access.locked(() -> abandon(access));
        throw e;
      }
      if (bad.isEmpty()) {
        return found.length();
      }
      bad.forEach(known::drop);
      access.locked(() -> abandon(access));
    }
  }

  private static Void abandon(Access access) {
    access.pages().abandon();
    return null;
  }

  /** Fills blocks; returns the names of those that cannot be read. */
  private Set<String> read(List<StateBlock> blocks, Beginnings.Found found, Access access) {
    Set<String> bad = ConcurrentHashMap.newKeySet();
    List<String> names = names(blocks, found.names());
    AtomicInteger next = new AtomicInteger();
    int threads = Math.min(Math.min(READERS, Threads.cores()), blocks.size());
    try (WorkerPool pool = new WorkerPool("prompt-cache", threads)) {
      pool.forEach(
          threads,
          (_, worker) -> {
            if (worker == 0) {
              access.reading(found.length());
            }
            try (Arena arena = Arena.ofConfined()) {
              MemorySegment buffer = arena.allocate(largest(blocks));
              for (int i = next.getAndIncrement(); i < blocks.size(); i = next.getAndIncrement()) {
                MemorySegment bytes = buffer.asSlice(0, blocks.get(i).bytes());
                if (folder.read(names.get(i), bytes)) {
                  blocks.get(i).write(bytes);
                } else {
                  bad.add(names.get(i));
                }
              }
            }
          });
    }
    if (bad.isEmpty()) {
      folder.touch(names);
    }
    return bad;
  }

  private static List<String> names(List<StateBlock> blocks, PageNames names) {
    List<String> all = new ArrayList<>();
    for (StateBlock block : blocks) {
      all.add(names.of(block.kind(), block.index()));
    }
    return all;
  }

  private static long largest(List<StateBlock> blocks) {
    long largest = 1;
    for (StateBlock block : blocks) {
      largest = Math.max(largest, block.bytes());
    }
    return largest;
  }

  /**
   * Writes the pages of a sequence that are not in the folder yet. If that fails, the log says so,
   * once.
   *
   * @param tokens those of the sequence
   */
  public void store(SnapshotKey key, Access access, int[] tokens) {
    List<StateBlock> blocks = access.locked(() -> access.pages().retain(tokens.length));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(largest(blocks));
      List<String> used = names(blocks, names(key, tokens));
      for (int i = 0; i < used.size(); i++) {
        if (!folder.has(used.get(i))) {
          MemorySegment bytes = buffer.asSlice(0, blocks.get(i).bytes());
          blocks.get(i).read(bytes);
          folder.write(used.get(i), bytes);
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

  private static PageNames names(SnapshotKey key, int[] tokens) {
    // kernels of another instruction set may round otherwise
    return PageNames.of(key, Isa.kernels(), tokens);
  }
}
