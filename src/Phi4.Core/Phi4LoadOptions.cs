// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>How a model is loaded. Immutable.</summary>
public sealed record Phi4LoadOptions
{
    /// <summary>Where the arithmetic runs.</summary>
    public Phi4Device Device { get; init; } = Phi4Device.Auto;

    /// <summary>Which device, where there are several of the kind; from 0.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>Threads that compute, the engine's own included; null for one a processor that this process may use.</summary>
    public int? ThreadCount { get; init; }

    /// <summary>
    /// Longest sequence, prompt and answer together, in tokens; null for as much as the model was made for and memory allows.
    /// More than either is refused.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>
    /// Tokens that the cache holds for all sequences together, at least <see cref="ContextLength"/>; null for as many full contexts as
    /// <see cref="MaxSequences"/> asks for or memory allows.
    /// </summary>
    public int? CacheTokens { get; init; }

    /// <summary>
    /// Whether keys and values of ended requests stay in the cache while nobody needs the room, so that a request whose tokens begin as theirs did computes the rest only: the next turn of a chat,
    /// another answer to the same question, a system prompt that many share. A single request has its own word: <see cref="GenerationOptions.PromptCache"/>.
    /// </summary>
    public bool PromptCache { get; init; } = true;

    /// <summary>How keys and values are stored.</summary>
    public KvCacheType KvCacheType { get; init; } = KvCacheType.BF16;

    /// <summary>
    /// How the matrices of the layers are kept: anything but <see cref="WeightType.AsStored"/> converts or quantizes them while loading, into memory of its own.
    /// Norms and biases stay as stored; so does the embedding, unless floats narrower than its own are asked for.
    /// </summary>
    public WeightType Weights { get; init; } = WeightType.AsStored;

    /// <summary>
    /// How the head is kept; null for the same as <see cref="Weights"/>, but <see cref="WeightType.Int8"/> beside 4-bit layers. A head that shares the
    /// embedding's weights gets a copy of its own where it is quantized.
    /// </summary>
    public WeightType? HeadWeights { get; init; }

    /// <summary>
    /// What matrices in BF16 are multiplied by on the processor. <see cref="ActivationType.F32"/> is refused beside quantized matrices, whose arithmetic is in
    /// whole numbers.
    /// </summary>
    public ActivationType Activations { get; init; } = ActivationType.Matched;

    /// <summary>Sequences that one step may serve; more requests wait their turn. 1 to 1024.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>
    /// Tokens that one step computes at most: longer prompts are fed in chunks of this size, and a cancelled request stops within one step. At least 1.
    /// Results do not depend on it.
    /// </summary>
    public int MaxStepTokens { get; init; } = 256;

    /// <summary>
    /// Where a model lies that is named, as in <c>microsoft/phi-4</c>, rather than pointed at, and how it is downloaded if <see cref="AllowDownload"/> says so;
    /// null for the environment's hub cache.
    /// </summary>
    public HubOptions? Hub { get; init; }

    /// <summary>
    /// Whether loading may download a named model that is not in the cache: tens of gigabytes for phi-4, so not unless asked for. A model that is there is
    /// used as it is, without asking the hub; <see cref="Phi4Hub.PullAsync"/> brings a newer one.
    /// </summary>
    public bool AllowDownload { get; init; }

    /// <summary>Told of a download that <see cref="AllowDownload"/> allowed.</summary>
    public IProgress<PullProgress>? DownloadProgress { get; init; }
}

/// <summary>Where the arithmetic runs.</summary>
public enum Phi4Device
{
    /// <summary>The fastest that this build and machine offer and that holds the model; <see cref="Phi4Model.DeviceReason"/> says why.</summary>
    Auto,

    /// <summary>The processor, with its vector units.</summary>
    Cpu,

    /// <summary>An NVIDIA device of compute capability 8.0 or newer, through its driver alone.</summary>
    Cuda,

    /// <summary>The slow float64 reference that the others are judged by.</summary>
    Reference,
}

#pragma warning disable CA1720 // Int8 and Int4 are what everybody calls these formats.
/// <summary>How keys and values are stored in the cache.</summary>
public enum KvCacheType
{
    /// <summary>Exactly as computed.</summary>
    F32,

    /// <summary>Rounded to bfloat16: half the memory, as the reference implementation stores them for phi-4.</summary>
    BF16,

    /// <summary>
    /// Signed bytes with a scale for each key and each value of a head: about a quarter of the memory of <see cref="F32"/>. docs/quality.md has what it does to the logits.
    /// </summary>
    Int8,
}

/// <summary>What matrices are multiplied by.</summary>
public enum ActivationType
{
    /// <summary>BF16 matrices by activations rounded to BF16, which processors with instructions for it do twice as fast; others by activations as they are.</summary>
    Matched,

    /// <summary>All by 32-bit activations as they are: exact float32 arithmetic over the stored weights.</summary>
    F32,
}

/// <summary>How weights are kept in memory.</summary>
public enum WeightType
{
    /// <summary>As the checkpoint has them: mapped and never copied where that is possible.</summary>
    AsStored,

    /// <summary>32-bit floats.</summary>
    F32,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>8-bit integers with a scale for every 32: 8.5 bits a weight.</summary>
    Int8,

    /// <summary>4-bit codes with a scale for every 32: 4.5 bits a weight.</summary>
    Int4,
}
#pragma warning restore CA1720
