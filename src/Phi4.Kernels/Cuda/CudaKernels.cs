// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Launch;
using Phi4.Kernels.Cuda.Modules;

namespace Phi4.Kernels.Cuda;

/// <summary>
/// The kernels of kernels.cu on an NVIDIA device. Each file CudaKernels.&lt;Op&gt;.cs checks the operands and launches. Work is queued in one stream and done in
/// order; only <see cref="Read{T}"/> waits. Steps of single tokens are written down as graphs (<see cref="StepGraphs"/>). Buffers are device memory, and the host never follows their addresses.
/// </summary>
internal sealed partial class CudaKernels : IKernels
{
    private const int StepColumns = 32;

    private readonly List<IDisposable> _owned = [];
    private readonly DeviceInfo _device;
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly KernelTable _kernels;
    private readonly StagingRing _staging;
    private readonly HostTwins _twins;
    private readonly GrowingBuffer _rounded;
    private readonly GrowingBuffer _partial;
    private readonly GrowingBuffer _tileMemory;
    private readonly GrowingBuffer _singleTiles;
    private readonly TensorMaps _maps;
    private readonly StepGraphs _graphs;
    private readonly Func<long> _memoryVersion;
    private readonly bool _repeatsSteps;
    private readonly bool _roundsActivations;
    private readonly bool _overlaps;
    private readonly bool _usesWarpgroups;

    private CudaKernels(ICudaDriver driver, DeviceInfo device, CudaOptions options)
    {
        _device = device;
        _roundsActivations = options.RoundsActivations;
        _repeatsSteps = options.RepeatsSteps;
        _memoryVersion = MemoryVersion;
        KernelImages images = options.Images ?? throw new InvalidOperationException(KernelImages.WhyNone);
        try
        {
            _context = Own(CudaContext.Open(driver, device));
            _stream = Own(CudaStream.Create(_context));
            var loader = new ModuleLoader(_context, device, images, options.Cache);
            _kernels = new KernelTable(Own(loader.Load(KernelTable.Module)), loader.Loaded!.HasWarpgroups && device.SharedBytesPerBlock >= LinearPlan.WarpgroupsSharedBytes);
            Image = loader.Loaded.ToString();
            _overlaps = loader.Loaded.WaitsByItself;
            _staging = Own(new StagingRing(_context, _stream, options.StagingBytes, options.StagingCount));
            _twins = Own(new HostTwins(_context, _stream));
            _rounded = Own(new GrowingBuffer(_context, "rounded activations"));
            _partial = Own(new GrowingBuffer(_context, "partial attention"));
            _tileMemory = Own(new GrowingBuffer(_context, "attention tiles"));
            _singleTiles = Own(new GrowingBuffer(_context, "attention tiles of single tokens"));
            _maps = Own(new TensorMaps(_context, _staging));
            _graphs = Own(new StepGraphs(_stream));
            if (options.StepTokens > 0)
            {
                _rounded.Reserve(RoundedBytes(options.StepTokens, options.WidestInput));
                _partial.Reserve(AttentionPlan.MostPartialBytes);
            }

            _usesWarpgroups = options.UsesWarpgroups && _kernels.HasWarpgroups && WarpgroupsGiveTheSameBits();
            Remark = options.UsesWarpgroups && _kernels.HasWarpgroups && !_usesWarpgroups
                ? "products of warpgroups (wgmma) give other bits than mma.sync on this device, so prompts go without them"
                : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name => "cuda";

    /// <summary>The image of the kernels that the driver took, in words.</summary>
    public string Image { get; }

    /// <summary>What the user should know of how this device is used; null for nothing.</summary>
    public string? Remark { get; }

    /// <exception cref="CudaException">The driver refused something.</exception>
    /// <exception cref="InsufficientMemoryException">Too little memory on the device, or of the host to pin.</exception>
    public static CudaKernels Create(ICudaDriver driver, DeviceInfo device, CudaOptions options) => new(driver, device, options);

    /// <summary>Device memory that a backend takes for itself, for steps of so many tokens.</summary>
    public static long WorkingBytes(int stepTokens, int widestInput) => RoundedBytes(stepTokens, widestInput) + AttentionPlan.MostPartialBytes + TensorMaps.MostBytes;

    public KernelBuffer Allocate(long byteCount, string purpose)
    {
        DeviceBuffer buffer = DeviceBuffer.Allocate(_context, byteCount, purpose);
        try
        {
            // Cache pages are multiplied by zeros before they are written: they must hold numbers.
            _stream.Clear(buffer.DangerousGetHandle(), Math.Max(byteCount, 1));
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private static long RoundedBytes(int tokens, int width) => (long)tokens * RoundedStride(width) * sizeof(ushort);

    // Rows of rounded activations are whole steps of products (kernels/linear.cuh).
    private static int RoundedStride(int width) => (width + StepColumns - 1) / StepColumns * StepColumns;

    private static NumberType TypeOf(TensorView tensor) => tensor.DType switch
    {
        DType.BF16 => NumberType.BF16,
        DType.F16 => NumberType.F16,
        _ => NumberType.F32,
    };

    private T Own<T>(T owner)
        where T : IDisposable
    {
        _owned.Add(owner);
        return owner;
    }
}
