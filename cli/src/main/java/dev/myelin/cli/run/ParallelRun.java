package dev.myelin.cli.run;

import dev.myelin.error.MyelinException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Generates the texts of many prompts, several at a time, and writes them in the order of the
 * prompts. Confined to one thread; an interrupt of it ends the run.
 */
final class ParallelRun {
  /** Results that wait for an earlier one, as a multiple of the prompts at a time. */
  private static final int AHEAD = 16;

  /** Characters of the lines that are read ahead; several times the longest line. */
  private static final int AHEAD_CHARACTERS = 4 * PromptFile.MAX_LINE_BYTES;

  private static final Future<PromptResult> END = new CompletableFuture<>();

  private final PromptWorker worker;
  private final int parallel;
  private final BlockingQueue<Future<PromptResult>> results;
  private final Semaphore characters = new Semaphore(AHEAD_CHARACTERS);

  /**
   * @param parallel number of prompts at a time
   */
  ParallelRun(PromptWorker worker, int parallel) {
    this.worker = worker;
    this.parallel = parallel;
    results = new ArrayBlockingQueue<>(AHEAD * parallel);
  }

  /**
   * Runs all prompts that are left in the file.
   *
   * @throws InterruptedException if the thread was interrupted; all lines written are complete
   */
  void run(PromptFile prompts, ResultOutput output, RunProgress progress)
      throws InterruptedException {
    ExecutorService threads =
        Executors.newFixedThreadPool(
            parallel, Thread.ofVirtual().name("myelin-prompt-", 0).factory());
    Thread reader =
        Thread.ofPlatform()
            .daemon()
            .name("myelin-prompts")
            .start(() -> read(prompts, threads)); // a pipe may let it wait
    try {
      for (Future<PromptResult> next = results.take(); next != END; next = results.take()) {
        PromptResult result = next.get();
        output.write(result.json());
        progress.add(result);
      }
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } finally {
      reader.interrupt();
      threads.shutdownNow(); // interrupts the texts in progress
      threads.close();
    }
  }

  private void read(PromptFile prompts, ExecutorService threads) {
    try {
      for (PromptLine line = prompts.next(); line != null; line = prompts.next()) {
        PromptLine prompt = line;
        int length = prompt.text() == null ? 0 : prompt.text().length();
        characters.acquire(length);
        results.put(threads.submit(() -> work(prompt, length)));
      }
      results.put(END);
    } catch (InterruptedException e) {
      // the run is over
    } catch (Throwable e) {
      fail(e);
    }
  }

  private PromptResult work(PromptLine prompt, int length) {
    try {
      return worker.work(prompt);
    } finally {
      characters.release(length);
    }
  }

  private void fail(Throwable e) {
    try {
      results.put(CompletableFuture.failedFuture(e));
    } catch (InterruptedException over) {
      // the run is over
    }
  }

  private static RuntimeException failure(Throwable e) {
    return switch (e) {
      case Error error -> throw error;
      case RuntimeException known -> known;
      default -> new MyelinException(String.valueOf(e.getMessage()), e);
    };
  }
}
