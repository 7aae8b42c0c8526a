// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Core.Generation;

/// <summary>A driver's errors as callers know them.</summary>
internal static class DeviceErrors
{
    public static Exception Translate(Exception exception) => exception is CudaException ? new DeviceException(exception.Message, exception) : exception;
}
