// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4.Kernels.Cuda.Driver;

/// <summary>The driver's compiler from PTX to what its device runs.</summary>
internal static unsafe class CudaLinker
{
    /// <summary>Compiles for the context's device.</summary>
    /// <param name="context">Its device.</param>
    /// <param name="ptx">In ASCII.</param>
    /// <param name="name">For the compiler's messages.</param>
    /// <returns>A cubin.</returns>
    /// <exception cref="CudaException">Refused; has the compiler's log.</exception>
    public static byte[] Link(CudaContext context, ReadOnlySpan<byte> ptx, string name)
    {
        context.MakeCurrent();
        ICudaDriver driver = context.Driver;
        JitLog log = new();
        nint state;
        driver.cuLinkCreate(log.Count, log.Names, log.Values, &state).ThrowIfFailed(driver);
        try
        {
            byte[] ended = new byte[ptx.Length + 1];
            ptx.CopyTo(ended);
            fixed (byte* data = ended)
            fixed (byte* label = Encoding.ASCII.GetBytes(name + '\0'))
            {
                CUresult added = driver.cuLinkAddData(state, CUjitInputType.CU_JIT_INPUT_PTX, data, (nuint)ended.Length, label, 0, null, null);
                added.ThrowIfFailed(driver, log.ToString(), $"cuLinkAddData(\"{name}\")");
            }

            void* cubin;
            nuint bytes;
            CUresult completed = driver.cuLinkComplete(state, &cubin, &bytes);
            completed.ThrowIfFailed(driver, log.ToString(), $"cuLinkComplete(\"{name}\")");
            return new ReadOnlySpan<byte>(cubin, checked((int)bytes)).ToArray();
        }
        finally
        {
            driver.cuLinkDestroy(state);
            GC.KeepAlive(log);
        }
    }
}
