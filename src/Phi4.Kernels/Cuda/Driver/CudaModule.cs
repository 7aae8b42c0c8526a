// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4.Kernels.Cuda.Driver;

/// <summary>Kernels that were loaded into a context.</summary>
internal sealed unsafe class CudaModule : CudaHandle
{
    /// <summary>What every kernel may use without asking.</summary>
    private const int FreeSharedBytes = 48 << 10;

    private CudaModule(CudaContext context, nint value)
        : base(context, value)
    {
    }

    /// <summary>Loads PTX, which the driver compiles, or a cubin.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="image">PTX in ASCII, or a cubin.</param>
    /// <exception cref="CudaException">Refused; has the compiler's log.</exception>
    public static CudaModule Load(CudaContext context, ReadOnlySpan<byte> image)
    {
        context.MakeCurrent();
        JitLog log = new();
        nint value;

        // The driver reads PTX up to a zero byte.
        byte[] ended = new byte[image.Length + 1];
        image.CopyTo(ended);
        fixed (byte* bytes = ended)
        {
            CUresult status = context.Driver.cuModuleLoadDataEx(&value, bytes, log.Count, log.Names, log.Values);
            status.ThrowIfFailed(context.Driver, log.ToString(), nameof(ICudaDriver.cuModuleLoadDataEx));
        }

        return new CudaModule(context, value);
    }

    /// <summary>A kernel by its name.</summary>
    /// <param name="name">As its source has it.</param>
    /// <param name="sharedBytes">Most dynamic shared memory that it will be launched with.</param>
    public CudaFunction Find(string name, int sharedBytes = 0)
    {
        nint function;
        fixed (byte* text = Encoding.ASCII.GetBytes(name + '\0'))
        {
            Driver.cuModuleGetFunction(&function, Value, text).ThrowIfFailed(Driver, log: null, $"cuModuleGetFunction(\"{name}\")");
        }

        if (sharedBytes > FreeSharedBytes)
        {
            Driver.cuFuncSetAttribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes).ThrowIfFailed(
                Driver, log: null, $"{sharedBytes} bytes of shared memory for {name}");
        }

        return new CudaFunction(function, name);
    }

    protected override bool ReleaseHandle() => Context.Release(handle, Driver.cuModuleUnload);
}
