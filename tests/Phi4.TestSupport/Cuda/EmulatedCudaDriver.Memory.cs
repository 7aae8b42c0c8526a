// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.TestSupport.Cuda;

/// <content>Memory: every run stands between guards and begins as NaN; copies outside of runs are refused.</content>
internal sealed unsafe partial class EmulatedCudaDriver
{
    private const int GuardBytes = 256;
    private const byte GuardValue = 0xA5;
    private const byte Poison = 0xFF;

    private readonly List<string> _overruns = [];
    private long _deviceBytes;

    /// <summary>Runs whose guards somebody wrote to, found when they were freed.</summary>
    public IReadOnlyList<string> Overruns => _overruns;

    /// <summary>New memory holds NaN; without, it holds anything, which is faster.</summary>
    public bool IsPoisoned { get; init; } = true;

    /// <summary>Most device memory that was allocated at once.</summary>
    public long PeakDeviceBytes { get; private set; }

    public CUresult cuMemGetInfo(nuint* free, nuint* total) => InContext(nameof(cuMemGetInfo), () =>
    {
        *free = (nuint)(device.MemoryBytes - _deviceBytes);
        return Give(total, (nuint)device.MemoryBytes);
    });

    public CUresult cuMemAlloc(nint* address, nuint bytes) => InContext(nameof(cuMemAlloc), () =>
    {
        if (bytes == 0)
        {
            return CUresult.CUDA_ERROR_INVALID_VALUE;
        }

        if (IsCapturing)
        {
            return CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }

        if ((long)bytes > device.MemoryBytes - _deviceBytes)
        {
            return CUresult.CUDA_ERROR_OUT_OF_MEMORY;
        }

        _deviceBytes += (long)bytes;
        PeakDeviceBytes = Math.Max(PeakDeviceBytes, _deviceBytes);
        return Give(address, Reserve(new DeviceMemory((long)bytes)));
    });

    public CUresult cuMemFree(nint address) => Release(nameof(cuMemFree), () =>
    {
        RunEverything();
        if (!TryGet(address, out DeviceMemory memory))
        {
            return CUresult.CUDA_ERROR_INVALID_VALUE;
        }

        _deviceBytes -= memory.Bytes;
        return Unreserve(address, memory);
    });

    public CUresult cuMemHostAlloc(nint* address, nuint bytes, uint flags)
        => InContext(nameof(cuMemHostAlloc), () => Give(address, Reserve(new PinnedMemory((long)bytes))));

    public CUresult cuMemFreeHost(nint address) => Release(nameof(cuMemFreeHost), () =>
    {
        RunEverything();
        return TryGet(address, out PinnedMemory memory) ? Unreserve(address, memory) : CUresult.CUDA_ERROR_INVALID_VALUE;
    });

    public CUresult cuMemcpyHtoDAsync(nint destination, nint source, nuint bytes, nint stream)
        => Copy<DeviceMemory, PinnedMemory>(nameof(cuMemcpyHtoDAsync), destination, source, bytes, stream);

    public CUresult cuMemcpyDtoHAsync(nint destination, nint source, nuint bytes, nint stream)
        => Copy<PinnedMemory, DeviceMemory>(nameof(cuMemcpyDtoHAsync), destination, source, bytes, stream);

    public CUresult cuMemcpyDtoDAsync(nint destination, nint source, nuint bytes, nint stream)
        => Copy<DeviceMemory, DeviceMemory>(nameof(cuMemcpyDtoDAsync), destination, source, bytes, stream);

    public CUresult cuMemsetD8Async(nint destination, byte value, nuint bytes, nint stream) => InContext(nameof(cuMemsetD8Async), () =>
        !Holds<DeviceMemory>(destination, bytes)
            ? CUresult.CUDA_ERROR_INVALID_VALUE
            : Do(stream, () =>
            {
                NativeMemory.Fill((void*)destination, bytes, value);
                return CUresult.CUDA_SUCCESS;
            }));

    private CUresult Copy<TDestination, TSource>(string name, nint destination, nint source, nuint bytes, nint stream)
        where TDestination : Memory
        where TSource : Memory
        => InContext(name, () => !Holds<TDestination>(destination, bytes) || !Holds<TSource>(source, bytes)
            ? CUresult.CUDA_ERROR_INVALID_VALUE
            : Do(stream, () =>
            {
                Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);
                return CUresult.CUDA_SUCCESS;
            }));

    private bool Holds<T>(nint address, nuint bytes)
        where T : Memory
        => _objects.Any(pair => pair.Value is T memory && address >= pair.Key && address + (nint)bytes <= pair.Key + (nint)memory.Bytes);

    private nint Reserve(Memory memory)
    {
        nuint all = (nuint)memory.Bytes + (2 * GuardBytes);
        byte* start = (byte*)NativeMemory.AlignedAlloc(all, GuardBytes);
        NativeMemory.Fill(start, GuardBytes, GuardValue);
        NativeMemory.Fill(start + GuardBytes + memory.Bytes, GuardBytes, GuardValue);
        if (IsPoisoned)
        {
            NativeMemory.Fill(start + GuardBytes, (nuint)memory.Bytes, Poison);
        }

        nint address = (nint)start + GuardBytes;
        _objects.Add(address, memory);
        return address;
    }

    private CUresult Unreserve(nint address, Memory memory)
    {
        byte* start = (byte*)address - GuardBytes;
        if (new Span<byte>(start, GuardBytes).ContainsAnyExcept(GuardValue)
            || new Span<byte>((byte*)address + memory.Bytes, GuardBytes).ContainsAnyExcept(GuardValue))
        {
            _overruns.Add($"{memory.GetType().Name} of {memory.Bytes:N0} bytes");
        }

        _objects.Remove(address);
        NativeMemory.AlignedFree(start);
        return CUresult.CUDA_SUCCESS;
    }

    private abstract class Memory(long bytes)
    {
        public long Bytes => bytes;
    }

    private sealed class DeviceMemory(long bytes) : Memory(bytes);

    private sealed class PinnedMemory(long bytes) : Memory(bytes);
}
