// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>The CUDA driver refused a call, or the device failed in work asked for earlier.</summary>
internal sealed class CudaException : Exception
{
    /// <summary>An error with the failing call.</summary>
    /// <param name="status">What the driver returned.</param>
    /// <param name="description">Its name, number and words.</param>
    /// <param name="expression">The call as it is written.</param>
    /// <param name="log">What the driver's compiler had to say, or null.</param>
    public CudaException(CUresult status, string description, string expression, string? log = null)
        : base($"The CUDA driver refused {expression}: {description}.{(string.IsNullOrWhiteSpace(log) ? "" : $" Its compiler says: {log.Trim()}")}")
    {
        Status = status;
        Expression = expression;
        Log = log;
    }

    /// <summary>What the driver returned.</summary>
    public CUresult Status { get; }

    /// <summary>The call as it is written.</summary>
    public string Expression { get; }

    /// <summary>What the driver's compiler had to say, or null.</summary>
    public string? Log { get; }
}
