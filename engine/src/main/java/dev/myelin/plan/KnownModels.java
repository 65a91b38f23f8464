package dev.myelin.plan;

import static dev.myelin.plan.ModelKeys.decoder;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Published models and their metadata keys. A new one is a line here; a test checks its count.
 * Stateless and thread-safe.
 */
public final class KnownModels {
  private static final List<KnownModel> ALL = new ArrayList<>();

  private static final String HF = "https://huggingface.co/";
  private static final String PAPER = "https://arxiv.org/abs/";

  private static void addDense(String name, String published, ModelKeys keys, String source) {
    ALL.add(new KnownModel(name, published, "", keys, source));
  }

  private static void addMoe(
      String name, String published, String active, ModelKeys keys, String source) {
    ALL.add(new KnownModel(name, published, active, keys, source));
  }

  static {
    addGpt();
    addLlama();
    addMistral();
    addQwen();
    addGemma();
    addPhi();
    addSmall();
    addMoes();
  }

  private KnownModels() {}

  /** All models, grouped by family. */
  public static List<KnownModel> all() {
    return List.copyOf(ALL);
  }

  /** Finds a model by name, ignoring case, spaces, dots and dashes. */
  public static Optional<KnownModel> find(String name) {
    return ALL.stream().filter(m -> m.hasName(name)).findFirst();
  }

  /** GPT-2's feed-forward networks are four times as wide as the residual stream. */
  private static ModelKeys gpt2(int layers, int width, int heads, int context) {
    return decoder("gpt2", layers, width, heads, 4 * width, 50_257, context);
  }

  private static void addGpt() {
    String one = HF + "openai-community/openai-gpt";
    String two = "https://github.com/openai/gpt-2";
    String three = PAPER + "2005.14165";
    addDense("GPT-1 117M", "117M", decoder("openai-gpt", 12, 768, 12, 3072, 40_478, 512), one);
    addDense("GPT-2 124M", "124M", gpt2(12, 768, 12, 1024), two);
    addDense("GPT-2 355M", "355M", gpt2(24, 1024, 16, 1024), two);
    addDense("GPT-2 774M", "774M", gpt2(36, 1280, 20, 1024), two);
    addDense("GPT-2 1.5B", "1558M", gpt2(48, 1600, 25, 1024), two);
    addDense("GPT-3 6.7B", "6.7B", gpt2(32, 4096, 32, 2048), three);
    addDense("GPT-3 175B", "175B", gpt2(96, 12_288, 96, 2048), three);
  }

  private static ModelKeys llama(
      int layers, int width, int heads, int feedForward, int vocabulary, int context) {
    return decoder("llama", layers, width, heads, feedForward, vocabulary, context);
  }

  private static ModelKeys llama1(int layers, int width, int heads, int feedForward) {
    return llama(layers, width, heads, feedForward, 32_000, 2048).untied();
  }

  private static ModelKeys llama3(int layers, int width, int heads, int feedForward, int context) {
    return llama(layers, width, heads, feedForward, 128_256, context).kvHeads(8);
  }

  private static void addLlama() {
    String one = PAPER + "2302.13971";
    addDense("Llama 7B", "6.7B", llama1(32, 4096, 32, 11_008), one);
    addDense("Llama 13B", "13.0B", llama1(40, 5120, 40, 13_824), one);
    addDense("Llama 33B", "32.5B", llama1(60, 6656, 52, 17_920), one);
    addDense("Llama 65B", "65.2B", llama1(80, 8192, 64, 22_016), one);

    String two = PAPER + "2307.09288";
    ModelKeys grouped = llama(80, 8192, 64, 28_672, 32_000, 4096).kvHeads(8);
    addDense("Llama 2 7B", "7B", llama(32, 4096, 32, 11_008, 32_000, 4096).untied(), two);
    addDense("Llama 2 13B", "13B", llama(40, 5120, 40, 13_824, 32_000, 4096).untied(), two);
    addDense("Llama 2 70B", "69B", grouped.untied(), two);

    String three = HF + "meta-llama/Meta-Llama-3-";
    int short3 = 8192;
    int long3 = 131_072;
    ModelKeys eight = llama3(32, 4096, 32, 14_336, short3).untied();
    ModelKeys seventy = llama3(80, 8192, 64, 28_672, short3).untied();
    addDense("Llama 3 8B", "8.03B", eight, three + "8B");
    addDense("Llama 3 70B", "70.6B", seventy, three + "70B");
    String herd = HF + "meta-llama/Llama-3.";
    ModelKeys largest = llama3(126, 16_384, 128, 53_248, long3).untied();
    addDense("Llama 3.1 8B", "8.03B", eight.context(long3), herd + "1-8B");
    addDense("Llama 3.1 70B", "70.6B", seventy.context(long3), herd + "1-70B");
    addDense("Llama 3.1 405B", "406B", largest, herd + "1-405B");
    addDense("Llama 3.2 1B", "1.24B", llama3(16, 2048, 32, 8192, long3), herd + "2-1B");
    addDense("Llama 3.2 3B", "3.21B", llama3(28, 3072, 24, 8192, long3), herd + "2-3B");
    addDense("Llama 3.3 70B", "70.6B", seventy.context(long3), herd + "3-70B-Instruct");
  }

  private static void addMistral() {
    String hf = HF + "mistralai/";
    ModelKeys seven = llama(32, 4096, 32, 14_336, 32_000, 32_768).kvHeads(8).untied();
    ModelKeys third = llama(32, 4096, 32, 14_336, 32_768, 32_768).kvHeads(8).untied();
    ModelKeys nemo = llama(40, 5120, 32, 14_336, 131_072, 131_072).kvHeads(8).untied();
    ModelKeys small = llama(40, 5120, 32, 32_768, 131_072, 32_768).kvHeads(8).untied();
    // its window is not in GGUF files: the architecture has none
    addDense("Mistral 7B v0.1", "7.24B", seven, hf + "Mistral-7B-v0.1");
    addDense("Mistral 7B v0.3", "7.25B", third, hf + "Mistral-7B-v0.3");
    addDense("Mistral Nemo 12B", "12.2B", nemo.headSize(128), hf + "Mistral-Nemo-Base-2407");
    addDense("Mistral Small 24B", "23.6B", small.headSize(128), hf + "Mistral-Small-24B-Base-2501");
  }

  private static ModelKeys qwen2(int layers, int width, int heads, int kvHeads, int feedForward) {
    int vocabulary = width < 3584 ? 151_936 : 152_064;
    return decoder("qwen2", layers, width, heads, feedForward, vocabulary, 32_768)
        .kvHeads(kvHeads)
        .withTensors(".attn_q.bias", ".attn_k.bias", ".attn_v.bias");
  }

  private static ModelKeys qwen3(int layers, int width, int heads, int feedForward) {
    return decoder("qwen3", layers, width, heads, feedForward, 151_936, 40_960)
        .kvHeads(8)
        .headSize(128);
  }

  private static void addQwen() {
    String two = HF + "Qwen/Qwen2-";
    addDense("Qwen2 0.5B", "0.49B", qwen2(24, 896, 14, 2, 4864), two + "0.5B");
    addDense("Qwen2 1.5B", "1.54B", qwen2(28, 1536, 12, 2, 8960), two + "1.5B");
    addDense("Qwen2 7B", "7.62B", qwen2(28, 3584, 28, 4, 18_944).untied(), two + "7B");
    addDense("Qwen2 72B", "72.7B", qwen2(80, 8192, 64, 8, 29_568).untied(), two + "72B");
    String half = HF + "Qwen/Qwen2.5-";
    addDense("Qwen2.5 0.5B", "0.49B", qwen2(24, 896, 14, 2, 4864), half + "0.5B");
    addDense("Qwen2.5 1.5B", "1.54B", qwen2(28, 1536, 12, 2, 8960), half + "1.5B");
    addDense("Qwen2.5 3B", "3.09B", qwen2(36, 2048, 16, 2, 11_008), half + "3B");
    addDense("Qwen2.5 7B", "7.62B", qwen2(28, 3584, 28, 4, 18_944).untied(), half + "7B");
    addDense("Qwen2.5 14B", "14.8B", qwen2(48, 5120, 40, 8, 13_824).untied(), half + "14B");
    addDense("Qwen2.5 32B", "32.8B", qwen2(64, 5120, 40, 8, 27_648).untied(), half + "32B");
    addDense("Qwen2.5 72B", "72.7B", qwen2(80, 8192, 64, 8, 29_568).untied(), half + "72B");
    String three = HF + "Qwen/Qwen3-";
    addDense("Qwen3 0.6B", "0.6B", qwen3(28, 1024, 16, 3072), three + "0.6B");
    addDense("Qwen3 1.7B", "1.7B", qwen3(28, 2048, 16, 6144), three + "1.7B");
    addDense("Qwen3 4B", "4.0B", qwen3(36, 2560, 32, 9728), three + "4B");
    addDense("Qwen3 8B", "8.2B", qwen3(36, 4096, 32, 12_288).untied(), three + "8B");
    addDense("Qwen3 14B", "14.8B", qwen3(40, 5120, 40, 17_408).untied(), three + "14B");
    addDense("Qwen3 32B", "32.8B", qwen3(64, 5120, 64, 25_600).untied(), three + "32B");
  }

  private static ModelKeys gemma2(int layers, int width, int heads, int headSize, int feedForward) {
    return decoder("gemma2", layers, width, heads, feedForward, 256_000, 8192)
        .kvHeads(heads / 2)
        .headSize(headSize)
        .window(4096);
  }

  private static ModelKeys gemma3(int layers, int width, int heads, int kvHeads, int feedForward) {
    return decoder("gemma3", layers, width, heads, feedForward, 262_208, 131_072)
        .kvHeads(kvHeads)
        .headSize(256)
        .window(1024);
  }

  /** The small ones have other windows, contexts and vocabularies. */
  private static ModelKeys smallGemma3(int layers, int width, int feedForward) {
    return gemma3(layers, width, 4, 1, feedForward)
        .with("vocab_size", 262_144)
        .context(32_768)
        .window(512);
  }

  private static void addGemma() {
    String one = PAPER + "2403.08295";
    ModelKeys two = decoder("gemma", 18, 2048, 8, 16_384, 256_000, 8192).kvHeads(1);
    ModelKeys seven = decoder("gemma", 28, 3072, 16, 24_576, 256_000, 8192).headSize(256);
    addDense("Gemma 2B", "2.51B", two, one);
    addDense("Gemma 7B", "8.54B", seven, one);
    String second = PAPER + "2408.00118";
    addDense("Gemma 2 2B", "2.61B", gemma2(26, 2304, 8, 256, 9216), second);
    addDense("Gemma 2 9B", "9.24B", gemma2(42, 3584, 16, 256, 14_336), second);
    addDense("Gemma 2 27B", "27.2B", gemma2(46, 4608, 32, 128, 36_864), second);
    String third = PAPER + "2503.19786"; // text models only: without the image encoder's 417M
    ModelKeys largest = gemma3(62, 5376, 32, 16, 21_504).headSize(128);
    addDense("Gemma 3 270M", "268M", smallGemma3(18, 640, 2048), HF + "google/gemma-3-270m");
    addDense("Gemma 3 1B", "1.00B", smallGemma3(26, 1152, 6912), third);
    addDense("Gemma 3 4B", "3.88B", gemma3(34, 2560, 8, 4, 10_240), third);
    addDense("Gemma 3 12B", "11.8B", gemma3(48, 3840, 16, 8, 15_360), third);
    addDense("Gemma 3 27B", "27.0B", largest, third);
  }

  private static ModelKeys phi3(
      int layers, int width, int heads, int feedForward, int vocabulary, int context) {
    return decoder("phi3", layers, width, heads, feedForward, vocabulary, context);
  }

  private static void addPhi() {
    String three = HF + "microsoft/Phi-3-";
    ModelKeys mini = phi3(32, 3072, 32, 8192, 32_064, 4096).window(2047).untied();
    ModelKeys medium = phi3(40, 5120, 40, 17_920, 32_064, 4096).window(2047).untied();
    ModelKeys four = phi3(40, 5120, 40, 17_920, 100_352, 16_384).untied();
    ModelKeys fourMini = phi3(32, 3072, 24, 8192, 200_064, 131_072);
    addDense("Phi-3 mini 3.8B", "3.82B", mini, three + "mini-4k-instruct");
    addDense("Phi-3 medium 14B", "14.0B", medium.kvHeads(10), three + "medium-4k-instruct");
    addDense("Phi-4 14B", "14.7B", four.kvHeads(10), HF + "microsoft/phi-4");
    addDense("Phi-4 mini 3.8B", "3.84B", fourMini.kvHeads(8), HF + "microsoft/Phi-4-mini-instruct");
  }

  private static void addSmall() {
    String smol = HF + "HuggingFaceTB/SmolLM2-";
    ModelKeys tiny = llama(22, 2048, 32, 5632, 32_000, 2048).kvHeads(4).untied();
    ModelKeys first = llama(30, 576, 9, 1536, 49_152, 8192).kvHeads(3);
    ModelKeys second = llama(32, 960, 15, 2560, 49_152, 8192).kvHeads(5);
    ModelKeys third = llama(24, 2048, 32, 8192, 49_152, 8192);
    addDense("TinyLlama 1.1B", "1.10B", tiny, HF + "TinyLlama/TinyLlama-1.1B-Chat-v1.0");
    addDense("SmolLM2 135M", "135M", first, smol + "135M");
    addDense("SmolLM2 360M", "362M", second, smol + "360M");
    addDense("SmolLM2 1.7B", "1.71B", third, smol + "1.7B");
  }

  private static ModelKeys qwen3Moe(
      int layers, int width, int heads, int feedForward, int expertWidth) {
    return decoder("qwen3moe", layers, width, heads, feedForward, 151_936, 40_960)
        .kvHeads(4)
        .headSize(128)
        .experts(128, 8)
        .expertWidth(expertWidth)
        .untied();
  }

  /** Latent vectors of 512 values and 64 that RoPE rotates, heads of 128 and 64, values of 128. */
  private static ModelKeys deepSeek(
      int layers, int width, int heads, int feedForward, int vocabulary, int context) {
    return decoder("deepseek2", layers, width, heads, feedForward, vocabulary, context)
        .kvHeads(1)
        .with("attention.kv_lora_rank", 512)
        .with("attention.key_length", 512 + 64)
        .with("attention.value_length", 512)
        .with("attention.key_length_mla", 128 + 64)
        .with("attention.value_length_mla", 128)
        .with("rope.dimension_count", 64)
        .with("leading_dense_block_count", 1)
        .untied();
  }

  private static ModelKeys gptOss(int layers, int experts) {
    return decoder("gpt-oss", layers, 2880, 64, 2880, 201_088, 131_072)
        .kvHeads(8)
        .headSize(64)
        .window(128)
        .experts(experts, 4)
        .expertWidth(2880)
        .withTensors(".attn_q.bias", ".attn_k.bias", ".attn_v.bias")
        .untied();
  }

  private static void addMoes() {
    ModelKeys eight = llama(32, 4096, 32, 14_336, 32_000, 32_768).kvHeads(8).untied();
    ModelKeys large = llama(56, 6144, 48, 16_384, 32_000, 65_536).kvHeads(8).untied();
    String mixtral = HF + "mistralai/Mixtral-8x";
    addMoe("Mixtral 8x7B", "46.7B", "12.9B", eight.experts(8, 2), mixtral + "7B-v0.1");
    addMoe("Mixtral 8x22B", "141B", "39B", large.experts(8, 2), mixtral + "22B-v0.1");

    String qwen = HF + "Qwen/Qwen3-";
    ModelKeys thirty = qwen3Moe(48, 2048, 32, 6144, 768);
    ModelKeys flagship = qwen3Moe(94, 4096, 64, 12_288, 1536);
    addMoe("Qwen3 30B-A3B", "30.5B", "3.3B", thirty, qwen + "30B-A3B");
    addMoe("Qwen3 235B-A22B", "235B", "22B", flagship, qwen + "235B-A22B");

    String rank = "attention.q_lora_rank";
    String shared = "expert_shared_count";
    ModelKeys lite =
        deepSeek(27, 2048, 16, 10_944, 102_400, 32_768)
            .experts(64, 6)
            .expertWidth(1408)
            .with(shared, 2);
    ModelKeys two =
        deepSeek(60, 5120, 128, 12_288, 102_400, 131_072)
            .with(rank, 1536)
            .experts(160, 6)
            .expertWidth(1536)
            .with(shared, 2);
    ModelKeys three =
        deepSeek(61, 7168, 128, 18_432, 129_280, 131_072)
            .with(rank, 1536)
            .with("leading_dense_block_count", 3)
            .experts(256, 8)
            .expertWidth(2048)
            .with(shared, 1)
            .withTensors(".exp_probs_b.bias");
    addMoe("DeepSeek-V2-Lite 16B", "15.7B", "2.4B", lite, PAPER + "2405.04434");
    addMoe("DeepSeek-V2 236B", "236B", "21B", two, PAPER + "2405.04434");
    addMoe("DeepSeek-V3 671B", "671B", "37B", three, PAPER + "2412.19437");

    addMoe("gpt-oss 20B", "20.91B", "3.61B", gptOss(24, 32), PAPER + "2508.10925");
    addMoe("gpt-oss 120B", "116.83B", "5.13B", gptOss(36, 128), PAPER + "2508.10925");
  }
}
