// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>A device or its driver failed while it was used. The model is of no use any longer if it keeps failing; this process and other models live on.</summary>
public sealed class DeviceException : Phi4Exception
{
    /// <summary>An error with its cause.</summary>
    /// <param name="message">What was asked of the driver, and what it said.</param>
    /// <param name="innerException">The error of the driver.</param>
    public DeviceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
