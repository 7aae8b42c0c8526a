// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>What kept a chat template from being rendered.</summary>
public enum ChatTemplateErrorKind
{
    /// <summary>The template's text is not valid.</summary>
    Syntax,

    /// <summary>The template is valid Jinja but uses a construct that is not supported here.</summary>
    Unsupported,

    /// <summary>An operation failed on the values given: a wrong type, an undefined name, a missing argument.</summary>
    Evaluation,

    /// <summary>The template itself refused the conversation through <c>raise_exception</c>.</summary>
    Raised,

    /// <summary>The template used more work, memory, time or nesting than <see cref="TemplateLimits"/> allows.</summary>
    Limit,

    /// <summary>A file that should hold a template is missing or malformed.</summary>
    File,
}
