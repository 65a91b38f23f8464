package dev.myelin.model;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.cache.CacheType;
import dev.myelin.natives.KernelsLibrary;
import dev.myelin.testing.Logits;
import java.nio.file.Path;

/**
 * The main program of {@link InstructionSetTest}'s process: how far logits are from the oracle's.
 */
final class InstructionSetProbe {
  private static final int TOKENS = 40;
  private static final int CONTEXT = 256;

  private InstructionSetProbe() {}

  /**
   * Prints the instruction set in use, then a line a file: the nmse of logits fed whole, in threes
   * and one by one.
   *
   * @param args the vocabulary's size, then files
   */
  public static void main(String[] args) {
    System.out.println(KernelsLibrary.kernelIsa());
    int[] tokens = Logits.randomTokens(TOKENS, Integer.parseInt(args[0]), 5);
    for (int i = 1; i < args.length; i++) {
      Logits.Run run = new Logits.Run(Path.of(args[i]), tokens, CONTEXT, CacheType.F16, 1);
      Logits oracle = Logits.oracle(run, FlashAttention.OFF, TOKENS);
      System.out.println(
          Logits.ours(run, TOKENS).nmse(oracle)
              + " "
              + Logits.ours(run, 3).nmse(oracle)
              + " "
              + Logits.ours(run, 1).nmse(oracle));
    }
  }
}
