// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Text;
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.TestSupport.Cuda;

/// <summary>
/// A CUDA driver whose device is this processor: device memory is host memory between guards, streams run at once or as late as they may, captures replay.
/// Stricter than a real one: what would be undefined there is refused here. Counts what is alive, and fails any call on demand.
/// </summary>
internal sealed unsafe partial class EmulatedCudaDriver(EmulatedDevice device, IEmulatedKernels kernels) : ICudaDriver
{
    private readonly Lock _door = new();
    private readonly Dictionary<nint, object> _objects = [];
    private readonly HashSet<int> _threadsInContext = [];
    private readonly Dictionary<string, nint> _texts = [];
    private nint _nextHandle = 0x1000;
    private int _contextHolds;
    private int _callCount;
    private int _failAt;
    private CUresult _failStatus;
    private bool _isInitialized;
    private string? _lastLaunchError;

    public EmulatedCudaDriver(EmulatedDevice? device = null)
        : this(device ?? new EmulatedDevice(), new StandInKernels())
    {
    }

    private delegate CUresult Body();

    /// <summary>Calls so far, but for those that only put a status into words.</summary>
    public int CallCount => _callCount;

    /// <summary>The call that was made to fail, once it has been.</summary>
    public string? FailedCall { get; private set; }

    /// <summary>Graphs that were launched.</summary>
    public int GraphLaunchCount { get; private set; }

    /// <summary>Everything that was launched, in order.</summary>
    public List<EmulatedLaunch> Launches { get; } = [];

    /// <summary>Streams do nothing until somebody waits: what does not wait enough reads the past.</summary>
    public bool IsLazy { get; init; }

    /// <summary>What nobody has given back, each kind with its count; empty if all is given back.</summary>
    public IReadOnlyList<string> Alive
    {
        get
        {
            lock (_door)
            {
                IEnumerable<string> objects = _objects.Values.Where(o => o is not FunctionObject).GroupBy(o => o.GetType().Name).Select(g => $"{g.Count()} {g.Key}");
                return [.. objects, .. _contextHolds == 0 ? Array.Empty<string>() : [$"{_contextHolds} context"]];
            }
        }
    }

    /// <summary>Makes the call of that number fail, counted from now and from 1. What releases something does so all the same, as the driver does.</summary>
    public void FailCall(int number, CUresult status)
    {
        _failAt = _callCount + number;
        _failStatus = status;
        FailedCall = null;
    }

    public CUresult cuInit(uint flags) => Call(nameof(cuInit), () =>
    {
        _isInitialized = device.Count > 0;
        return device.Count > 0 ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_NO_DEVICE;
    });

    public CUresult cuDriverGetVersion(int* version) => Call(nameof(cuDriverGetVersion), () => Give(version, device.DriverVersion));

    public CUresult cuGetErrorName(CUresult status, byte** name)
    {
        *name = (byte*)Text(status.ToString());
        return CUresult.CUDA_SUCCESS;
    }

    public CUresult cuGetErrorString(CUresult status, byte** text)
    {
        *text = (byte*)Text(status == CUresult.CUDA_ERROR_LAUNCH_FAILED ? _lastLaunchError ?? "emulated" : "emulated");
        return CUresult.CUDA_SUCCESS;
    }

    public CUresult cuDeviceGetCount(int* count) => Initialized(nameof(cuDeviceGetCount), () => Give(count, device.Count));

    public CUresult cuDeviceGet(int* handle, int ordinal)
        => Initialized(nameof(cuDeviceGet), () => ordinal < device.Count ? Give(handle, ordinal) : CUresult.CUDA_ERROR_INVALID_DEVICE);

    public CUresult cuDeviceGetName(byte* name, int length, int handle) => Initialized(nameof(cuDeviceGetName), () =>
    {
        Encoding.UTF8.GetBytes(device.Name + '\0').CopyTo(new Span<byte>(name, length));
        return CUresult.CUDA_SUCCESS;
    });

    public CUresult cuDeviceTotalMem(nuint* bytes, int handle) => Initialized(nameof(cuDeviceTotalMem), () => Give(bytes, (nuint)device.MemoryBytes));

    public CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, int handle) => Initialized(nameof(cuDeviceGetAttribute), () => attribute switch
    {
        CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT => Give(value, device.Multiprocessors),
        CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE => Give(value, device.L2Bytes),
        CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR => Give(value, device.Capability.Major),
        CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR => Give(value, device.Capability.Minor),
        CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN => Give(value, device.SharedBytesPerBlock),
        _ => CUresult.CUDA_ERROR_INVALID_VALUE,
    });

    public CUresult cuDevicePrimaryCtxRetain(nint* context, int handle) => Initialized(nameof(cuDevicePrimaryCtxRetain), () =>
    {
        _contextHolds++;
        return Give(context, ContextOf(handle));
    });

    public CUresult cuDevicePrimaryCtxRelease(int handle) => Release(nameof(cuDevicePrimaryCtxRelease), () =>
    {
        _contextHolds--;
        return _contextHolds >= 0 ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_INVALID_CONTEXT;
    });

    public CUresult cuCtxSetCurrent(nint context) => Initialized(nameof(cuCtxSetCurrent), () =>
    {
        if (_contextHolds == 0 || context != ContextOf(0))
        {
            return CUresult.CUDA_ERROR_INVALID_CONTEXT;
        }

        _threadsInContext.Add(Environment.CurrentManagedThreadId);
        return CUresult.CUDA_SUCCESS;
    });

    private static nint ContextOf(int handle) => 0x100 + handle;

    private static CUresult Give<T>(T* place, T value)
        where T : unmanaged
    {
        *place = value;
        return CUresult.CUDA_SUCCESS;
    }

    private CUresult Call(string name, Body body)
    {
        lock (_door)
        {
            return Fails(name) ? _failStatus : body();
        }
    }

    private CUresult Initialized(string name, Body body) => Call(name, () => _isInitialized ? body() : CUresult.CUDA_ERROR_NOT_INITIALIZED);

    private CUresult InContext(string name, Body body)
        => Call(name, () => _contextHolds > 0 && _threadsInContext.Contains(Environment.CurrentManagedThreadId) ? body() : CUresult.CUDA_ERROR_INVALID_CONTEXT);

    // A status that comes with a release tells of earlier work; the release itself happens.
    private CUresult Release(string name, Body body)
    {
        lock (_door)
        {
            bool fails = Fails(name);
            CUresult status = body();
            return fails ? _failStatus : status;
        }
    }

    // The call in progress is the one made to fail.
    private bool FailsNow => _callCount == _failAt;

    private bool Fails(string name)
    {
        bool fails = ++_callCount == _failAt;
        FailedCall = fails ? name : FailedCall;
        return fails;
    }

    private nint Add(object item)
    {
        _nextHandle += 16;
        _objects.Add(_nextHandle, item);
        return _nextHandle;
    }

    private bool TryGet<T>(nint handle, out T item)
        where T : class
    {
        item = _objects.TryGetValue(handle, out object? found) ? (found as T)! : null!;
        return item is not null;
    }

    private CUresult Remove<T>(nint handle)
        where T : class
        => TryGet(handle, out T _) && _objects.Remove(handle) ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_INVALID_HANDLE;

    // Lives as long as the process, as the driver's own texts do.
    private nint Text(string text)
    {
        lock (_door)
        {
            return _texts.TryGetValue(text, out nint known) ? known : _texts[text] = Marshal.StringToCoTaskMemUTF8(text);
        }
    }
}
