package dev.myelin.model;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.natives.Isa;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import java.nio.file.Path;

/**
 * Main program of {@link InstructionSetTest}'s child process: computes the NMSE of logits against
 * libllama's.
 */
final class InstructionSetProbe {
  private static final int TOKENS = 40;
  private static final int CONTEXT = 256;

  private InstructionSetProbe() {}

  /**
   * Prints the instruction set in use, then one line per file: the NMSE for batches of all tokens,
   * 3 tokens and 1 token.
   *
   * @param args vocabulary size, then files
   */
  public static void main(String[] args) {
    System.out.println(Isa.kernels());
    int[] tokens = Logits.randomTokens(TOKENS, Integer.parseInt(args[0]), 5);
    for (int i = 1; i < args.length; i++) {
      Logits.Run run = new Logits.Run(Path.of(args[i]), tokens, CONTEXT, CacheType.F16, 1);
      Logits oracle = Logits.libllama(run, FlashAttention.OFF, TOKENS);
      System.out.println(
          Logits.myelin(run, TOKENS).nmse(oracle)
              + " "
              + Logits.myelin(run, 3).nmse(oracle)
              + " "
              + Logits.myelin(run, 1).nmse(oracle));
    }
  }
}
