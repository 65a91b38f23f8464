package dev.myelin.cli.info;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.cli.command.Version;
import dev.myelin.cli.info.SystemReport.Machine;
import dev.myelin.cli.info.SystemReport.NativeInfo;
import dev.myelin.cli.io.BundledModel;
import dev.myelin.cli.io.Json;
import dev.myelin.cuda.CudaDevices;
import dev.myelin.graph.Devices;
import java.util.List;
import java.util.Locale;

/**
 * The system as JSON. Fields that need the native libraries are null if these are missing, and so
 * is the bundled model if this build has none.
 */
final class InfoJson {
  private InfoJson() {}

  static ObjectNode of(SystemReport report, BundledModel.Summary model, ModelReport named) {
    NativeInfo parts = report.nativeInfo();
    ObjectNode root = Json.object();
    root.put("myelin", Version.text());
    root.set("bundled_model", model == null ? null : bundled(model));
    root.set("java", java(report.java()));
    root.set("system", system(report.machine()));
    root.set("cpu", parts == null ? null : cpu(parts.cpu(), report.machine()));
    root.set("ggml", parts == null ? null : ggml(parts.ggml()));
    root.set("kernels", parts == null ? null : kernels(parts));
    root.put("sgemm_isa", parts == null ? null : parts.sgemmIsa());
    root.set("devices", parts == null ? null : devices(parts.devices()));
    root.set("cuda", cuda(report.cuda()));
    root.set("model", named == null ? null : named.json());
    root.put("error", report.error() == null ? null : report.error().getMessage());
    return root;
  }

  private static ObjectNode bundled(BundledModel.Summary model) {
    ObjectNode node = Json.object();
    node.put("name", model.name());
    node.put("parameters", model.parameters());
    node.put("type", model.type());
    node.put("bytes", model.bytes());
    node.put("license", model.license());
    node.put("model_card", BundledModel.MODEL_CARD);
    return node;
  }

  private static ObjectNode java(SystemReport.Java java) {
    ObjectNode node = Json.object();
    node.put("version", java.version());
    node.put("vendor", java.vendor());
    node.put("home", java.home());
    node.put("heap_bytes", java.heapBytes());
    return node;
  }

  private static ObjectNode system(Machine machine) {
    ObjectNode node = Json.object();
    node.put("name", machine.system());
    node.put("version", machine.version());
    node.put("architecture", machine.architecture());
    node.put("memory_bytes", machine.memoryBytes());
    node.put("free_bytes", machine.freeBytes());
    return node;
  }

  private static ObjectNode cpu(SystemReport.Cpu cpu, Machine machine) {
    ObjectNode node = Json.object();
    node.put("name", cpu.name());
    node.put("physical_cores", cpu.physicalCores());
    node.put("logical_cores", machine.logicalCores());
    ArrayNode features = node.putArray("features");
    cpu.features().forEach(features::add);
    return node;
  }

  private static ObjectNode ggml(GgmlBuild build) {
    ObjectNode node = Json.object();
    node.put("version", build.version());
    node.put("commit", build.commit());
    node.put("origin", build.origin());
    node.put("directory", build.directory().toString());
    node.put("cpu_library", build.cpuLibrary().toString());
    ArrayNode candidates = node.putArray("cpu_libraries");
    for (GgmlBuild.CpuLibrary library : build.candidates()) {
      ObjectNode candidate = candidates.addObject();
      candidate.put("file", library.file().toString());
      candidate.put("score", library.score());
    }
    return node;
  }

  private static ObjectNode kernels(NativeInfo parts) {
    ObjectNode node = Json.object();
    parts.kernels().forEach((type, kernel) -> node.put(type.ggmlName(), kernel));
    return node;
  }

  private static ArrayNode devices(List<Devices.Device> devices) {
    ArrayNode array = Json.array();
    for (Devices.Device device : devices) {
      ObjectNode node = array.addObject();
      node.put("name", device.name());
      node.put("description", device.description());
      node.put("type", device.kind().name().toLowerCase(Locale.ROOT));
      node.put("free_bytes", device.freeBytes());
      node.put("total_bytes", device.totalBytes());
    }
    return array;
  }

  static ObjectNode cuda(SystemReport.Cuda cuda) {
    ObjectNode node = Json.object();
    node.put("library", cuda.library().toString());
    node.put("unavailable", cuda.unavailable());
    ArrayNode devices = node.putArray("devices");
    for (CudaDevices.Device device : cuda.devices()) {
      ObjectNode gpu = devices.addObject();
      gpu.put("index", device.index());
      gpu.put("name", device.name());
      gpu.put("compute_capability", device.capabilityText());
      gpu.put("multiprocessors", device.multiprocessors());
      gpu.put("free_bytes", device.freeBytes());
      gpu.put("total_bytes", device.totalBytes());
      gpu.put("supported", device.isSupported());
    }
    return node;
  }
}
