// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cuda.Driver;

/// <summary>From statuses to exceptions.</summary>
internal static unsafe class CudaStatus
{
    /// <summary>Goes on only after success.</summary>
    /// <param name="status">What a function of the driver returned.</param>
    /// <param name="driver">It knows the status's name.</param>
    /// <param name="log">What the driver's compiler had to say.</param>
    /// <param name="expression">The call as it is written; the compiler fills it in.</param>
    /// <exception cref="CudaException">Any other status.</exception>
    public static void ThrowIfFailed(
        this CUresult status, ICudaDriver driver, string? log = null, [CallerArgumentExpression(nameof(status))] string expression = "")
    {
        if (status != CUresult.CUDA_SUCCESS)
        {
            throw new CudaException(status, Describe(status, driver), expression, log);
        }
    }

    /// <summary>Name, number and the driver's own words.</summary>
    public static string Describe(CUresult status, ICudaDriver driver)
    {
        byte* name = null;
        byte* text = null;
        bool isNamed = driver.cuGetErrorName(status, &name) == CUresult.CUDA_SUCCESS && name is not null;
        bool hasText = driver.cuGetErrorString(status, &text) == CUresult.CUDA_SUCCESS && text is not null;
        return $"{(isNamed ? Marshal.PtrToStringUTF8((nint)name) : "unknown status")} ({(int)status}{(hasText ? $", {Marshal.PtrToStringUTF8((nint)text)}" : "")})";
    }
}
